/** The part of undici that makes calls, without its fetch, caches, mocks and WebSockets. Its types are those of the whole. */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}
