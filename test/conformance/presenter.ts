import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { challengeName, type DomainName, parseCertificateName, parseDomainName } from '../../src/core/domain-name.ts';
import type { ChallengeAnswer } from '../../src/issuance/order-record.ts';
import type { Presenter } from '../../src/issuance/ports.ts';

/** A presenter under test, with the DNS that serves what it presents. */
export interface PresenterUnderTest {
  readonly presenter: Presenter;
  /** The presenter that the next process has after this one was killed now. */
  restart(): Presenter;
  /** The TXT values at a name as DNS serves them; undefined where the name does not exist. */
  served(target: DomainName): Promise<readonly string[] | undefined>;
}

export interface PresenterTraits {
  /** Whether what is removed is gone from DNS; acme-dns has no call for it. */
  readonly removes: boolean;
  /** Whether it can know after a crash what it had presented before. */
  readonly remembers: boolean;
}

const APEX = parseDomainName('example.org');
const OTHER = parseDomainName('www.example.org');
const signal = (): AbortSignal => AbortSignal.timeout(30_000);
/** 43 characters, as every answer has. */
const value = (text: string): string => text.padEnd(43, '_');
const answers = (domain: DomainName, ...texts: readonly string[]): ChallengeAnswer[] =>
  texts.map((text) => ({ name: challengeName(parseCertificateName(domain)), value: value(text) }));

/** The promise of Presenter (issuance/ports.ts), for any implementation. */
export function testPresenter(
  name: string,
  traits: PresenterTraits,
  open: (t: TestContext) => Promise<PresenterUnderTest>,
): void {
  // Each test has servers of its own, and those of acme-dns count in seconds.
  describe(`Presenter: ${name}`, { concurrency: true }, () => {
    test('a domain has one target, now, at once and after a restart', async (t) => {
      const under = await open(t);
      const first = await Promise.all([
        under.presenter.delegationTarget(APEX, signal()),
        under.presenter.delegationTarget(APEX, signal()),
        under.presenter.delegationTarget(OTHER, signal()),
      ]);
      const later = under.restart();
      assert.equal(first[0], first[1]);
      assert.notEqual(first[0], first[2]);
      assert.equal(await later.delegationTarget(APEX, signal()), first[0]);
      assert.equal(await later.delegationTarget(OTHER, signal()), first[2]);
    });

    test('when it resolves, every answer of the order is served', async (t) => {
      const under = await open(t);
      const order = [...answers(APEX, 'apex', 'wildcard'), ...answers(OTHER, 'www')];
      await under.presenter.present(order, signal());
      await assertServed(under, APEX, 'apex', 'wildcard');
      await assertServed(under, OTHER, 'www');
    });

    test('presenting twice is as once, whichever answer comes again', async (t) => {
      const under = await open(t);
      await under.presenter.present(answers(APEX, 'apex', 'wildcard'), signal());
      await under.presenter.present(answers(APEX, 'wildcard'), signal());
      await under.presenter.present(answers(APEX, 'wildcard', 'apex', 'apex'), signal());
      await assertServed(under, APEX, 'apex', 'wildcard');
    });

    test('orders at the same time do not disturb one another', async (t) => {
      const under = await open(t);
      await Promise.all([
        under.presenter.present(answers(APEX, 'one'), signal()),
        under.presenter.present(answers(APEX, 'two'), signal()),
        under.presenter.present(answers(OTHER, 'three', 'four'), signal()),
      ]);
      await assertServed(under, APEX, 'one', 'two');
      await assertServed(under, OTHER, 'three', 'four');
    });

    test('after a crash the whole order can be presented again', async (t) => {
      const under = await open(t);
      await under.presenter.present(answers(APEX, 'wildcard', 'apex'), signal());
      await under.restart().present(answers(APEX, 'apex', 'wildcard'), signal());
      await assertServed(under, APEX, 'apex', 'wildcard');
    });

    // Two slots that nobody can look into are no memory: there the promise is not made.
    if (traits.remembers) {
      test('after a crash between two answers the first one stays', async (t) => {
        const under = await open(t);
        await under.presenter.present(answers(APEX, 'apex'), signal());
        const later = under.restart();
        await later.present(answers(APEX, 'apex'), signal());
        await later.present(answers(APEX, 'wildcard'), signal());
        await assertServed(under, APEX, 'apex', 'wildcard');
      });
    }

    test('what is removed makes room, and removing what is not there is no error', async (t) => {
      const under = await open(t);
      await under.presenter.remove(answers(APEX, 'never'), signal());
      for (const round of ['a', 'b', 'c']) {
        const order = answers(APEX, `apex-${round}`, `wildcard-${round}`);
        await under.presenter.present(order, signal());
        await assertServed(under, APEX, `apex-${round}`, `wildcard-${round}`);
        await under.presenter.remove(order, signal());
        await under.presenter.remove(order, signal());
      }
      const target = await under.presenter.delegationTarget(APEX, signal());
      if (traits.removes) assert.deepEqual(await under.served(target), []);
    });

    test('removing one answer leaves the answer of another order', async (t) => {
      const under = await open(t);
      await under.presenter.present(answers(APEX, 'stays', 'goes'), signal());
      await under.presenter.remove(answers(APEX, 'goes'), signal());
      await assertServed(under, APEX, 'stays');
      await under.presenter.present(answers(APEX, 'new'), signal());
      await assertServed(under, APEX, 'stays', 'new');
    });

    test('nothing at all is no error', async (t) => {
      const { presenter } = await open(t);
      await presenter.present([], signal());
      await presenter.remove([], signal());
    });

    test('an abort ends it with the reason, before anything is done', async (t) => {
      const under = await open(t);
      const target = await under.presenter.delegationTarget(APEX, signal());
      const reason = new Error('enough');
      const aborted = AbortSignal.abort(reason);
      await assert.rejects(under.presenter.present(answers(APEX, 'late'), aborted), reason);
      await assert.rejects(under.presenter.remove(answers(APEX, 'late'), aborted), reason);
      assert.ok(!((await under.served(target)) ?? []).includes(value('late')));
    });

    test('a name that is no challenge name is refused', async (t) => {
      const { presenter } = await open(t);
      await assert.rejects(presenter.present([{ name: APEX, value: value('x') }], signal()), { code: 'invalid-name' });
    });
  });
}

async function assertServed(under: PresenterUnderTest, domain: DomainName, ...texts: readonly string[]): Promise<void> {
  const target = await under.presenter.delegationTarget(domain, signal());
  const served = (await under.served(target)) ?? [];
  for (const text of texts) assert.ok(served.includes(value(text)), `${text} of ${domain} is not in ${served.join()}`);
}
