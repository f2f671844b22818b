/** The same object; every call of one of its methods goes through `intercept`, which decides whether and when it is made. */
export function interceptCalls<T extends object>(
  target: T,
  intercept: (method: string, call: () => unknown, args: readonly unknown[]) => unknown,
): T {
  return new Proxy(target, {
    get(object, name, receiver) {
      const value: unknown = Reflect.get(object, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => intercept(String(name), () => Reflect.apply(value, object, args) as unknown, args);
    },
  });
}
