import { defineResource } from '../api/define-resource.ts';
import type { KubeObject } from '../api/object.ts';
import { objectSchema } from '../api/object-schema.ts';
import type { Resource } from '../api/resource.ts';
import { challengeSpec, challengeStatus } from './challenge-fields.ts';
import type { ChallengeSpec, ChallengeStatus } from './challenge-fields.ts';
import { observed } from './field.ts';

export interface Challenge extends KubeObject {
  readonly spec: ChallengeSpec;
  readonly status?: ChallengeStatus | undefined;
}

export const challengeResource: Resource<Challenge> = defineResource(
  { group: 'acme.cert-manager.io', version: 'v1', plural: 'challenges', kind: 'Challenge', namespaced: true },
  objectSchema.extend({ spec: challengeSpec, status: observed(challengeStatus) }),
);
