import { z } from 'zod';

const reviewSchema = z.looseObject({
  request: z.looseObject({
    uid: z.string(),
    operation: z.string(),
    resource: z.looseObject({ group: z.string().optional(), resource: z.string() }),
    userInfo: z.looseObject({
      username: z.string().optional(),
      uid: z.string().optional(),
      groups: z.array(z.string()).optional(),
      extra: z.record(z.string(), z.array(z.string())).optional(),
    }),
    object: z.looseObject({ spec: z.record(z.string(), z.unknown()).optional() }).optional(),
  }),
});

/** What the API server is answered (admission.k8s.io/v1). */
export interface AdmissionAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: true;
    readonly patchType?: 'JSONPatch';
    /** Base64. */
    readonly patch?: string;
  };
}

/**
 * Writes who asks into a new CertificateRequest, whatever it says itself. Everything else is let through as it is: to refuse is the work of the API
 * server's own policies, which nobody can switch off by stopping us. Undefined for what is no AdmissionReview.
 */
export function reviewIdentity(review: unknown): AdmissionAnswer | undefined {
  const { data } = reviewSchema.safeParse(review);
  if (data === undefined) return undefined;
  const { uid, operation, resource, userInfo, object } = data.request;
  const isNewRequest =
    operation === 'CREATE' && resource.group === 'cert-manager.io' && resource.resource === 'certificaterequests';
  const patch =
    isNewRequest && object?.spec !== undefined
      ? { patchType: 'JSONPatch' as const, patch: encode(userInfo, object.spec) }
      : {};
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, allowed: true, ...patch } };
}

function encode(
  user: z.infer<typeof reviewSchema>['request']['userInfo'],
  said: Readonly<Record<string, unknown>>,
): string {
  const known: Readonly<Record<string, unknown>> = {
    username: user.username,
    uid: user.uid === '' ? undefined : user.uid,
    groups: user.groups,
    extra: user.extra,
  };
  const steps = Object.entries(known).flatMap(([name, value]): object[] => {
    const path = `/spec/${name}`;
    if (value !== undefined) return [{ op: 'add', path, value }];
    return Object.hasOwn(said, name) ? [{ op: 'remove', path }] : [];
  });
  return Buffer.from(JSON.stringify(steps)).toString('base64');
}
