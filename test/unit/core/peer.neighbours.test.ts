/**
 * core/peer.ts: what a peer keeps of whom it met, and whose link it ends for what came by it.
 */
import { describe, expect, it } from 'vitest';
import { AddressBook } from '../../../core/network/address-book.ts';
import { restoreNote } from '../../../core/network/address-note.ts';
import { Author } from '../../model/author.ts';
import { Seeded } from '../../model/seeded.ts';
import { SlowStore } from '../../model/slow-store.ts';
import { type Remote, Stage } from '../../model/stage.ts';

const address = '198.51.100.7:29092';
const other = new Author(2);

/** Dialled because the signaling told of it. */
function dialled(stage: Stage): Remote {
  stage.handle({ kind: 'discovered', addresses: [address] });
  const remote = stage.join(other, {}, { dialled: true, address });
  remote.keepAlive();
  return remote;
}

function kept(store: SlowStore): AddressBook {
  const book = new AddressBook(new Seeded(1).random, 3);
  for (const { name, bytes } of store.notes) if (name === 'addresses') restoreNote(book, bytes, false, 2 ** 50);
  return book;
}

describe('whom a peer has reached', () => {
  it('is kept within a minute, and when it closes', () => {
    for (const closes of [true, false]) {
      const store = new SlowStore();
      const stage = new Stage({ store });
      dialled(stage);
      expect(store.notes).toEqual([]);
      if (closes) stage.handle({ kind: 'commanded', command: { kind: 'close' } });
      else stage.pass(61_000);
      expect(kept(store).tried.map((entry) => entry.address)).toEqual([address]);
    }
  });

  it('is dialled at the next start, before anybody tells of it', () => {
    const store = new SlowStore();
    const before = new Stage({ store });
    dialled(before);
    before.handle({ kind: 'commanded', command: { kind: 'close' } });
    const stage = new Stage({ store });
    stage.pass(0);
    stage.handle({ kind: 'elapsed' });
    expect(stage.of('dial').map((dial) => dial.address)).toEqual([address]);
  });

  it('is an anchor when it gave a block', () => {
    const store = new SlowStore();
    const stage = new Stage({ store });
    const remote = dialled(stage);
    const [first] = other.chain(1);
    if (first === undefined) throw new Error('the chain has a block');
    remote.say({ kind: 'shareBlock', block: first });
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    expect(kept(store).tried).toMatchObject([{ address, isAnchor: true }]);
  });

  it('by where it says that it listens is told of, not reached, when it has dialled us', () => {
    const store = new SlowStore();
    const stage = new Stage({ store });
    stage.join(other, { listen: address }, { carrier: 'tcp', address: '198.51.100.7:50000' }).keepAlive();
    stage.handle({ kind: 'commanded', command: { kind: 'close' } });
    expect(kept(store).fresh).toMatchObject([{ address, source: '198.51.0.0/16', reachedAt: undefined }]);
  });
});

describe('items whose signature does not hold', () => {
  function forge(remote: Remote): void {
    for (let place = 0; place < 8; place++) {
      const item = other.item();
      remote.say({ kind: 'shareData', data: { ...item, sign: item.sign.map((byte) => byte ^ 1) as typeof item.sign } });
    }
  }

  it('end the link of one of ours, which checks what it passes on', () => {
    const stage = new Stage();
    const remote = stage.join(other);
    forge(remote);
    expect(remote.closedBecause).toBe('what it sends is false');
  });

  it('are counted and no more where a reference peer has passed them on', () => {
    const stage = new Stage();
    const version = { major: 0, minor: 1, patch: 0, target: '', branch: '', commit: '' };
    const remote = stage.join(other, { version });
    forge(remote);
    expect(remote.closedBecause).toBeUndefined();
    expect(stage.machine.links.map(({ account }) => account.falsehoods)).toEqual([8]);
  });
});
