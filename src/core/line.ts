/** Where one stands in a line. */
export interface Place {
  /** Leaves the line; again is nothing. */
  leave(): void;
}

/**
 * Things that come and go in any order, such as connections, the one that came first being first. A Set would do, but for memory: V8 copies its
 * table every so often, and a table that has grown old keeps what was in it, and the tables after it, until the next full garbage collection. Here
 * what has left is reachable from nowhere.
 */
export class Line<T> implements Iterable<T> {
  readonly #end: Node<T> = new Node<T>(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#end.after.item;
  }

  /** At the end. The same thing may stand there several times. */
  join(item: T): Place {
    const node = new Node<T>(item);
    node.put(this.#end);
    this.#size += 1;
    return {
      leave: () => {
        if (node.after === node) return;
        node.take();
        this.#size -= 1;
      },
    };
  }

  /** Those that stand there now; who leaves meanwhile is passed over or not. */
  [Symbol.iterator](): Iterator<T> {
    const items: T[] = [];
    for (let node = this.#end.after; node !== this.#end; node = node.after) items.push(node.item as T);
    return items.values();
  }
}

/** One that stands alone is its own neighbour. */
class Node<T> {
  item: T | undefined;
  before: Node<T> = this;
  after: Node<T> = this;

  constructor(item: T | undefined) {
    this.item = item;
  }

  /** Before the end, which closes the ring. */
  put(end: Node<T>): void {
    this.before = end.before;
    this.after = end;
    end.before.after = this;
    end.before = this;
  }

  take(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this;
    this.after = this;
    this.item = undefined;
  }
}
