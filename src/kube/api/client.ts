import type { KubeObject, ObjectKey, ObjectMeta } from './object.ts';
import type { Resource } from './resource.ts';

/** What is asked for first when calls have to wait for their turn: `waited` is what somebody waits for (default for writes and reads of one object). */
export type Priority = 'waited' | 'background';

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly priority?: Priority;
}

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListQuery extends Selection {
  /** Objects for each page; default 500, and 0 for all at once. */
  readonly pageSize?: number | undefined;
  /** '0': whatever the server has in its cache. Absent: the newest. */
  readonly resourceVersion?: '0' | undefined;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  /** Of what could not be parsed: nothing else of the page is lost by it. */
  readonly unreadable: readonly UnreadableObject[];
  /** Of the whole list: the same on every page, and where a watch goes on. */
  readonly resourceVersion: string;
}

export interface UnreadableObject {
  readonly key: string;
  readonly resourceVersion: string;
  readonly error: unknown;
}

export interface WatchQuery extends Selection {
  readonly resourceVersion: string;
}

export type WatchEvent<T> =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: T }
  | ({ readonly type: 'unreadable'; readonly deleted: boolean } & UnreadableObject)
  | { readonly type: 'bookmark'; readonly resourceVersion: string };

/** All but what every object has. Not Omit: that forgets the members of a type which lets unknown ones pass. */
export type Body<T extends KubeObject> = {
  readonly [K in keyof T as K extends 'apiVersion' | 'kind' | 'metadata' ? never : K]: T[K];
};

/** An object that is to be written: `apiVersion` and `kind` are filled in from the resource; a name or a generateName is needed. */
export type Draft<T extends KubeObject> = Body<T> & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Partial<ObjectMeta>;
};

/** What server-side apply is given: only what the field manager wants to own. */
export type Applied<T extends KubeObject> = DeepPartial<Body<T>> & {
  readonly metadata: Partial<ObjectMeta> & { readonly name: string };
};

export type DeepPartial<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined }
    : T;

export type Patch =
  /** RFC 7386: null removes. */
  | { readonly type: 'merge'; readonly body: Readonly<Record<string, unknown>> }
  /** RFC 6902. */
  | { readonly type: 'json'; readonly body: readonly JsonPatchStep[] };

export type JsonPatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

export interface WriteOptions extends CallOptions {
  /** Who owns what is written; default is the field manager of the client. */
  readonly fieldManager?: string;
  readonly dryRun?: boolean;
}

export interface PatchOptions extends WriteOptions {
  readonly subresource?: string;
}

export interface ApplyOptions extends PatchOptions {
  readonly fieldManager: string;
  /** Takes fields from other managers; without it that is a `kube-conflict`. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Only this very object, and `kube-conflict` when it is another by now. */
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

/** A call that is none of the above: reviews, tokens, subresources. */
export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root, such as `/apis/authorization.k8s.io/v1/subjectaccessreviews`; no credentials, no query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface KubeVersion {
  readonly major: number;
  readonly minor: number;
  readonly gitVersion: string;
}

/**
 * The API server, as a drop-in for what client-go does. Every method throws KubeError (kube-error.ts), and the signal's reason when aborted.
 * What is returned has been parsed by the resource. Calls wait for their turn (client-side rate limit), watches do not count.
 */
export interface KubeClient {
  /** The newest state, or undefined when there is none. */
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, options: CallOptions): Promise<T | undefined>;
  /** Page by page, all of one moment. `kube-gone` when the server forgot that moment meanwhile: begin again (list-all.ts does). */
  list<T extends KubeObject>(resource: Resource<T>, query: ListQuery, options: CallOptions): AsyncIterable<ListPage<T>>;
  /** One watch, until the server ends it (minutes), the connection breaks or the signal aborts. `kube-gone`: list again. */
  watch<T extends KubeObject>(
    resource: Resource<T>,
    query: WatchQuery,
    options: CallOptions,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: Draft<NoInfer<T>>, options: WriteOptions): Promise<T>;
  /** Replaces all of it. With metadata.resourceVersion in `object`, only when it was not changed meanwhile. */
  update<T extends KubeObject>(resource: Resource<T>, object: Draft<NoInfer<T>>, options: WriteOptions): Promise<T>;
  /** Replaces `status` alone. */
  updateStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: Draft<NoInfer<T>>,
    options: WriteOptions,
  ): Promise<T>;
  patch<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, patch: Patch, options: PatchOptions): Promise<T>;
  /** Server-side apply: makes the object when there is none (unless metadata.uid or resourceVersion is given). */
  apply<T extends KubeObject>(resource: Resource<T>, object: Applied<NoInfer<T>>, options: ApplyOptions): Promise<T>;
  /** False when there was none. With finalizers the object is still there afterwards, with a deletionTimestamp. */
  delete(resource: Resource, key: ObjectKey, options: DeleteOptions): Promise<boolean>;
  /** The parsed JSON of the answer. */
  raw(request: RawRequest, options: CallOptions): Promise<unknown>;
  /** Whether the server serves it now: a CRD may be installed later. */
  hasResource(resource: Pick<Resource, 'group' | 'version' | 'plural'>, options: CallOptions): Promise<boolean>;
  version(options: CallOptions): Promise<KubeVersion>;
  /** Ends every connection. */
  close(): Promise<void>;
}
