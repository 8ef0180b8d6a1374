import { until } from '@gatehouse/testing/until';

type Send = (method: string, parameters?: Readonly<Record<string, unknown>>) => Promise<unknown>;

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string };
}

interface History {
  readonly currentIndex: number;
  readonly entries: readonly { readonly id: number; readonly url: string }[];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** What a page calls to tell that it has noticed a click. */
export const CLICKED = 'tellOfClick';

/** One tab: what a person does with it and sees in it. */
export class ChromiumTab {
  /** Every page that was asked for, in order. */
  readonly requested: string[] = [];
  /** Whatever was asked for, pages and what belongs to them. */
  readonly fetched: string[] = [];
  /** How many clicks its pages have noticed on what was pressed: told by the page, since a page that is being left answers no question. */
  clicks = 0;

  constructor(
    readonly send: Send,
    /** Whose cookies it has. */
    readonly browserContextId: string,
  ) {}

  /** The browser asks for something on behalf of this tab. */
  asks(url: string, isPage: boolean): void {
    this.fetched.push(url);
    if (isPage) this.requested.push(url);
  }

  /** Goes to an address as if it had been typed, and waits for nothing. */
  async go(url: string): Promise<void> {
    // The answer comes with the response, which may be long in coming.
    void this.send('Page.navigate', { url }).catch(() => undefined);
    await Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.send('Page.stopLoading');
  }

  /** Until the page is there again: the one before looks the same, and takes clicks. */
  async reload(): Promise<void> {
    await this.evaluate('window.isLeft = true');
    await this.send('Page.reload');
    await until(
      async () => (await this.evaluate(`document.readyState === 'complete' && !window.isLeft`)) === true,
      30_000,
    );
  }

  async back(): Promise<void> {
    const { currentIndex, entries } = (await this.send('Page.getNavigationHistory')) as History;
    const entry = entries[currentIndex - 1];
    if (entry === undefined) throw new Error('nothing to go back to');
    await this.send('Page.navigateToHistoryEntry', { entryId: entry.id });
  }

  async url(): Promise<string> {
    return String(await this.evaluate('location.href'));
  }

  async text(): Promise<string> {
    return String(await this.evaluate('document.body?.innerText ?? ""'));
  }

  /** Waits until a page of that name is there to be read. */
  async sees(selector: string): Promise<void> {
    const expression = `document.readyState === 'complete' && document.querySelector(${JSON.stringify(selector)}) !== null`;
    try {
      await until(async () => (await this.evaluate(expression)) === true, 30_000);
    } catch {
      throw new Error(`no ${selector} at ${await this.url()}: ${(await this.text()).slice(0, 400)}`);
    }
  }

  /** A page of ours. */
  async seesPage(name: string): Promise<void> {
    await this.sees(`main[data-page="${name}"]`);
  }

  async type(selector: string, text: string): Promise<void> {
    await this.sees(selector);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
    await this.send('Input.insertText', { text });
  }

  async click(selector: string): Promise<void> {
    await this.#press(selector, 1);
  }

  async doubleClick(selector: string): Promise<void> {
    await this.#press(selector, 2);
  }

  async screenshot(): Promise<Buffer> {
    const { data } = (await this.send('Page.captureScreenshot', { format: 'png' })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  /** The whole page in a window of that width. */
  async picture(width: number): Promise<Buffer> {
    const resize = async (height: number) => {
      await this.send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1.5,
        mobile: false,
      });
    };
    await this.send('Emulation.setScrollbarsHidden', { hidden: true });
    await resize(1);
    // Margins grow with the window.
    for (let time = 0; time < 3; time += 1)
      await resize(Number(await this.evaluate('document.documentElement.scrollHeight')));
    return await this.screenshot();
  }

  async evaluate(expression: string): Promise<unknown> {
    try {
      const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
        expression,
        returnByValue: true,
      })) as Evaluated;
      return exceptionDetails === undefined ? result.value : undefined;
    } catch {
      // The page is being replaced.
      return undefined;
    }
  }

  /**
   * With the mouse, where the element is. Chromium drops what is pressed before a new page is painted;
   * a person who sees that nothing happened presses again.
   */
  async #press(selector: string, times: number): Promise<void> {
    const clicksBefore = this.clicks;
    do {
      const place = await this.#placeOf(selector);
      for (let clickCount = 1; clickCount <= times; clickCount += 1)
        for (const type of ['mousePressed', 'mouseReleased'])
          await this.send('Input.dispatchMouseEvent', { ...place, type, button: 'left', clickCount });
    } while (!(await this.#hasNoticed(clicksBefore)));
  }

  /** @returns whether the page has noticed a click, within what a busy machine may take. */
  async #hasNoticed(clicksBefore: number): Promise<boolean> {
    return await until(() => this.clicks > clicksBefore, 5_000).then(
      () => true,
      () => false,
    );
  }

  async #placeOf(selector: string): Promise<Place> {
    for (;;) {
      await this.sees(selector);
      const place = (await this.evaluate(`(() => {
        const element = document.querySelector(${JSON.stringify(selector)});
        element.addEventListener('click', () => ${CLICKED}(''), { capture: true });
        element.scrollIntoView({ block: 'center' });
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 };
      })()`)) as Place | undefined;
      // None when the page was replaced since it was seen.
      if (place !== undefined) return place;
    }
  }
}
