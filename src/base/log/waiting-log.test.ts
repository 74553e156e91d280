import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../testing/support/fake-clock.ts';
import { type Logger, noLogger } from './logger.ts';
import { WaitingLog } from './waiting-log.ts';

function setUp(details?: (error: unknown) => Record<string, string>) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string, fields = {}): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger: Logger = {
    ...noLogger,
    info: write('info'),
    error: (error, message, fields) => write('error')(message, { ...fields, err: String(error) }),
  };
  const log = new WaitingLog({ clock, logger, waitsFor: 'to read the lease', ...(details && { details }) });
  return { clock, lines, log };
}

test('an outage is logged when it begins, when its cause changes, every five minutes, and when it is over', async () => {
  const { clock, lines, log } = setUp(() => ({ missingRule: 'get leases' }));
  const refused = new Error('refused');
  log.failed(refused);
  log.failed(refused);
  await clock.advance(299_000);
  log.failed(refused);
  await clock.advance(1_000);
  log.failed(refused);
  log.failed(new Error('timed out'));
  log.worked();
  log.worked();
  assert.deepEqual(lines, [
    'error Waiting to read the lease {"missingRule":"get leases","err":"Error: refused"}',
    'error Waiting to read the lease {"missingRule":"get leases","tries":4,"seconds":300,"err":"Error: refused"}',
    'error Waiting to read the lease {"missingRule":"get leases","tries":5,"seconds":300,"err":"Error: timed out"}',
    'info No longer waiting to read the lease {"tries":5,"seconds":300}',
  ]);
});

test('a reason that is a text may be normal, and is logged as information', () => {
  const { lines, log } = setUp();
  log.failed('the driver is not ready');
  assert.deepEqual(lines, ['info Waiting to read the lease {"reason":"the driver is not ready"}']);
  assert.equal(log.tries, 1);
});
