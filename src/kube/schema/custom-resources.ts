import { certificateResource } from './certificate.ts';
import { certificateRequestResource } from './certificate-request.ts';
import { certificateRequestSpec, certificateRequestStatus } from './certificate-request-fields.ts';
import { certificateSpec } from './certificate-spec.ts';
import { certificateStatus } from './certificate-status.ts';
import { challengeResource } from './challenge.ts';
import { challengeSpec, challengeStatus } from './challenge-fields.ts';
import type { CustomResource, PrintColumn } from './custom-resource.ts';
import type { Rule } from './field.ts';
import { clusterIssuerResource, issuerResource } from './issuer.ts';
import { issuerSpec, issuerStatus } from './issuer-fields.ts';
import { orderResource } from './order.ts';
import { orderSpec, orderStatus } from './order-fields.ts';

const CATEGORIES = ['cert-manager'];
const ACME_CATEGORIES = ['cert-manager', 'cert-manager-acme'];
const ISSUER_FIELDS = ['.spec.issuerRef.group', '.spec.issuerRef.kind', '.spec.issuerRef.name'];

const ready = condition('Ready');
const status: PrintColumn = {
  name: 'Status',
  type: 'string',
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
  priority: 1,
};
const issuerName: PrintColumn = { name: 'Issuer', type: 'string', jsonPath: '.spec.issuerRef.name' };
const state: PrintColumn = { name: 'State', type: 'string', jsonPath: '.status.state' };
const reason: PrintColumn = { name: 'Reason', type: 'string', jsonPath: '.status.reason', priority: 1 };

function condition(type: string): PrintColumn {
  return { name: type, type: 'string', jsonPath: `.status.conditions[?(@.type=="${type}")].status` };
}

const decided = (of: string) =>
  `(has(${of}.status) && has(${of}.status.conditions) ? ${of}.status.conditions.filter(one, one.type in ['Approved', 'Denied']) : [])`;

/** Whoever signs relies on it: what was approved or denied stays so. */
const DECISIONS_STAY: readonly Rule[] = [
  {
    rule: `${decided('oldSelf')}.all(old, ${decided('self')}.exists(new, new == old))`,
    fieldPath: '.status.conditions',
    reason: 'FieldValueForbidden',
    message: 'Approved and Denied never change once they are set: delete the request and make a new one',
  },
];

/** Every kind of object that evercert brings along, as cert-manager has them. */
export const CUSTOM_RESOURCES: readonly CustomResource[] = [
  {
    resource: certificateResource,
    description: 'A certificate that is wanted, and the Secret that it is kept in. It is renewed by itself.',
    shortNames: ['cert', 'certs'],
    categories: CATEGORIES,
    columns: [
      ready,
      { name: 'Secret', type: 'string', jsonPath: '.spec.secretName' },
      { ...issuerName, priority: 1 },
      status,
      { name: 'Expiration', type: 'string', jsonPath: '.status.notAfter', priority: 1 },
    ],
    selectableFields: ISSUER_FIELDS,
    spec: certificateSpec,
    status: certificateStatus,
  },
  {
    resource: certificateRequestResource,
    description: 'One request to an issuer, which is signed once or fails. It never changes.',
    shortNames: ['cr', 'crs'],
    categories: CATEGORIES,
    columns: [
      condition('Approved'),
      condition('Denied'),
      ready,
      issuerName,
      { name: 'Requester', type: 'string', jsonPath: '.spec.username' },
      status,
    ],
    selectableFields: ISSUER_FIELDS,
    spec: certificateRequestSpec,
    status: certificateRequestStatus,
    rules: DECISIONS_STAY,
  },
  {
    resource: issuerResource,
    description: 'Whoever signs certificates for its namespace.',
    shortNames: ['iss'],
    categories: CATEGORIES,
    columns: [ready, status],
    spec: issuerSpec,
    status: issuerStatus,
  },
  {
    resource: clusterIssuerResource,
    description: 'Whoever signs certificates for every namespace.',
    shortNames: ['ciss'],
    categories: CATEGORIES,
    columns: [ready, status],
    spec: issuerSpec,
    status: issuerStatus,
  },
  {
    resource: orderResource,
    description: 'One order at a CA that speaks ACME. Made by the controller, not by people.',
    categories: ACME_CATEGORIES,
    columns: [state, { ...issuerName, priority: 1 }, reason],
    spec: orderSpec,
    status: orderStatus,
  },
  {
    resource: challengeResource,
    description: 'One challenge of an order. Made by the controller, not by people.',
    categories: ACME_CATEGORIES,
    columns: [state, { name: 'Domain', type: 'string', jsonPath: '.spec.dnsName' }, reason],
    spec: challengeSpec,
    status: challengeStatus,
  },
];
