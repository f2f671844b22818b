import { defineResource } from '../api/define-resource.ts';
import type { KubeObject } from '../api/object.ts';
import { objectSchema } from '../api/object-schema.ts';
import type { Resource } from '../api/resource.ts';
import { orderSpec, orderStatus } from './order-fields.ts';
import type { OrderSpec, OrderStatus } from './order-fields.ts';
import { observed } from './field.ts';

export interface Order extends KubeObject {
  readonly spec: OrderSpec;
  readonly status?: OrderStatus | undefined;
}

export const orderResource: Resource<Order> = defineResource(
  { group: 'acme.cert-manager.io', version: 'v1', plural: 'orders', kind: 'Order', namespaced: true },
  objectSchema.extend({ spec: orderSpec, status: observed(orderStatus) }),
);
