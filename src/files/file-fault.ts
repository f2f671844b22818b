import { messageOf } from '../core/error.ts';

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  // Node says so of a folder to be made, also where the file system cannot be written to.
  ENOENT: 'its folder is missing, or on a file system that cannot be written to',
  EROFS: 'it is on a file system that cannot be written to',
  EEXIST: 'a file has that name',
  ENOTDIR: 'a part of that path is a file',
  EISDIR: 'a folder has that name',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is used up",
  ENAMETOOLONG: 'the name is too long',
};

/** Why something could not be written, in words, without the path: that is in the sentence around it. */
export function writeFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return WORDS[code] ?? messageOf(error);
}
