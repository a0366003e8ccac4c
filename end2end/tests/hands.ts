// How a page is used with a keyboard alone, or with a thumb.

import { expect, type Locator, type Page } from "@playwright/test";

/** Pixels across. */
const WIDTH = 360;
/** What a thumb hits, in pixels. */
const THUMB = 44;

/** A phone, for `test.use`. */
export const PHONE = { viewport: { width: WIDTH, height: 720 }, hasTouch: true, isMobile: true };

/** A finger can hit it, and nothing lies on it. `tap` fails when something else gets the touch. */
export async function tap(target: Locator): Promise<void> {
  const box = await target.boundingBox();
  expect(box?.height, `${target} is as high as a thumb`).toBeGreaterThanOrEqual(THUMB);
  await target.tap();
}

/** Nothing is wider than the phone. */
export async function expectToFit(page: Page): Promise<void> {
  const wide = await page.evaluate(() => document.scrollingElement?.scrollWidth);
  expect(wide, page.url()).toBeLessThanOrEqual(WIDTH);
}

/** More stops than any page has before its main button. */
const FAR = 80;

/** Presses Tab until `target` has the focus. Each stop on the way must be in sight and marked. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.first().waitFor();
  for (let stops = 0; stops < FAR; stops += 1) {
    if (await target.first().evaluate((element) => element === document.activeElement)) {
      return;
    }
    await page.keyboard.press("Tab");
    await expectFocusInSight(page);
  }
  expect(false, `${target} within ${FAR} stops`).toBe(true);
}

/** The focus is marked, and within what is seen. */
export async function expectFocusInSight(page: Page): Promise<void> {
  // Not at once on a busy machine: the mark is drawn with the next frame.
  const look = () => page.evaluate(() => {
    const stop = document.activeElement;
    if (stop === null || stop === document.body) {
      return null;
    }
    // A link that is a whole row has its mark around the row.
    const marked = [stop, stop.closest("tr")].some((element) => {
      if (element === null) {
        return false;
      }
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
    });
    const box = stop.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0 && box.height > 0;
    return marked && seen ? null : `${stop.outerHTML.slice(0, 120)} marked ${marked}, seen ${seen}`;
  });
  await expect.poll(look, { message: "the focus can be seen", timeout: 2_000 }).toBeNull();
}
