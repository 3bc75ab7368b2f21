/** One tab of a browser, at one site: paths instead of URLs. */

import { expect } from 'chai';
import type { BrowserContext, Page } from 'playwright-core';

export class Tab {
  private constructor(
    readonly page: Page,
    private readonly origin: string,
  ) {}

  /** A new tab, in a browser that has no cookies. */
  static async open(context: BrowserContext, origin: string): Promise<Tab> {
    await context.clearCookies();
    return new Tab(await context.newPage(), origin);
  }

  close(): Promise<void> {
    return this.page.close();
  }

  /** Where it is now: path, query and fragment, and the page's title. */
  async place(): Promise<readonly [path: string, title: string]> {
    return [this.page.url().slice(this.origin.length), await this.page.title()];
  }

  /** Goes to a path, as if it were typed. Returns the Cookie field that was sent there. */
  async goto(path: string): Promise<string | undefined> {
    const answer = await this.page.goto(this.origin + path);
    return (await answer?.request().allHeaders())?.cookie;
  }

  /** Clicks, and waits until that has led there. */
  async follow(selector: string, path: string, title: string): Promise<void> {
    const isThere = (url: URL) => url.href === this.origin + path;
    await Promise.all([this.page.waitForURL(isThere), this.page.click(selector)]);
    expect(await this.place()).to.deep.equal([path, title]);
  }

  /** All that the page refers to, as the browser resolves it. */
  async references(): Promise<readonly string[]> {
    const urls: readonly string[] = await this.page.$$eval('a, img, form', (elements) => {
      const names: Readonly<Record<string, string>> = { A: 'href', IMG: 'src', FORM: 'action' };
      return elements.map((each) => Reflect.get(each, names[each.tagName] ?? ''));
    });
    return urls.map((url) => url.slice(this.origin.length));
  }

  /** How wide its pictures are; 0 is one that did not come. */
  pictures(): Promise<readonly number[]> {
    return this.page.$$eval('img', (images) => images.map((each) => Reflect.get(each, 'naturalWidth')));
  }
}
