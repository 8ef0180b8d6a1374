/** Loaded into a service before its own code: its clock is off by so many milliseconds. Timers are not. */
const offsetMs = Number(process.env.SHIFTED_CLOCK_MS);
const RealDate = Date;
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offsetMs);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
