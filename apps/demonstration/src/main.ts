import { ListenError } from './http/listen.js';
import { unexpectedFailures } from './http/messages.js';
import { readSettings, SettingsError } from './settings.js';
import { startWorld } from './world.js';

unexpectedFailures.subscribe((error) => console.error('demonstration: unexpected failure:', error));

try {
  const world = await startWorld(readSettings(process.argv.slice(2), process.env));
  const places = Object.entries(world.urls).map(([part, url]) => `${part}=${url}`);
  if (world.controlUrl !== undefined) places.push(`control=${world.controlUrl}`);
  console.log(`demonstration ready ${places.join(' ')}`);
  const stop = () => void world.close().then(() => process.exit(0));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  // The launcher's end of the pipe closes with it, however it died.
  if (process.env['GATEHOUSE_STOP_WITH_PARENT'] === '1') process.stdin.once('close', stop).resume();
} catch (error) {
  const expected = error instanceof SettingsError || error instanceof ListenError;
  console.error('demonstration:', expected ? error.message : error);
  process.exit(error instanceof SettingsError ? 2 : 1);
}
