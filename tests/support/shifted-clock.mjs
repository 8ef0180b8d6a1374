/** Loaded into a service before its own code: its clock is off by so many milliseconds. Timers are not. */
const offsetMs = Number(process.env.SHIFTED_CLOCK_MS);
const RealDate = Date;
globalThis.Date = new Proxy(RealDate, {
  construct: (_, given, made) =>
    Reflect.construct(RealDate, given.length === 0 ? [RealDate.now() + offsetMs] : given, made),
  get: (target, name, receiver) =>
    name === 'now' ? () => RealDate.now() + offsetMs : Reflect.get(target, name, receiver),
});
