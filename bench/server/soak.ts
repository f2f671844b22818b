import { dnsRate, openAndDrop, questionFile, questionsFor, updateSteadily } from './clients.ts';
import type { Serving } from './serving.ts';
import { residentMemory } from './serving.ts';

/** An hour of a busy server: 15 updates a second, 1,000 questions a second, five connections a second that come to nothing. */
const HOUR = 3600;
const UPDATES = 15;
const QUESTIONS = 1000;
const CONNECTIONS = 5;

/** That hour's work in so many seconds. Memory is sampled. What garbage there is goes up and down with its collections, so what counts is the least of a quarter: that of the second beside that of the last. */
export async function soak(serving: Serving, seconds: number, folder: string): Promise<Record<string, number>> {
  const factor = HOUR / seconds;
  const stop = new AbortController();
  const samples: number[] = [];
  const sampler = setInterval(() => samples.push(residentMemory(serving.pid)), 1000);
  const questions = questionFile(folder, 'soak', [
    ...questionsFor(serving.known),
    ...Array.from({ length: 200 }, (_, at) => `nobody${at}.auth.example.net TXT`),
    ...Array.from({ length: 100 }, (_, at) => `host${at}.example.com A`),
  ]);
  const updating = updateSteadily(serving, UPDATES * factor, stop.signal);
  const dropping = (async () => {
    let dropped = 0;
    while (!stop.signal.aborted) {
      await openAndDrop(serving.dnsPort, Math.round(CONNECTIONS * factor), 20);
      await openAndDrop(serving.apiPort, Math.round(CONNECTIONS * factor), 20);
      dropped += 2 * Math.round(CONNECTIONS * factor);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
    return dropped;
  })();
  const answered = await dnsRate(serving.dnsPort, questions, seconds, QUESTIONS * factor);
  stop.abort();
  clearInterval(sampler);
  const quarter = Math.floor(samples.length / 4);
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(3 * quarter);
  return {
    soakSeconds: seconds,
    updates: await updating,
    questions: answered.sent,
    lostQuestionsPercent: Math.round((answered.lost / answered.sent) * 10_000) / 100,
    droppedConnections: await dropping,
    memorySecondQuarterMb: Math.round(Math.min(...second)),
    memoryLastQuarterMb: Math.round(Math.min(...last)),
    memoryAtMostMb: Math.round(Math.max(...samples)),
  };
}
