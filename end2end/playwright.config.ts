import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

import { defineConfig, devices } from "@playwright/test";

import type { Reach } from "./tests/support.ts";

// `cargo xtask test` starts a server of its own and says where it is. By hand:
//   BASE_URL=http://localhost:3000 npx playwright test
const baseURL = process.env.BASE_URL ?? "http://localhost:3000";

/** The system's browser: `CHROMIUM`, or the first known one on PATH. None is downloaded. */
function chromium(): string {
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
  const path = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => path.map((dir) => join(dir, name))).find(existsSync);
  const browser = process.env.CHROMIUM ?? found;
  if (browser === undefined) {
    throw new Error("There is no Chromium: install one, or name it in the variable CHROMIUM.");
  }
  return browser;
}

export default defineConfig<Reach>({
  testDir: "tests",
  outputDir: "test-results",
  reporter: "list",
  // A journey that fails now and then is a fault, of the product or of the journey.
  retries: 0,
  // All journeys share one server, and some count what is on it.
  workers: 1,
  forbidOnly: process.env.CI !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    ...devices["Desktop Chrome"],
    baseURL,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  // Every journey is walked twice, because every page has to work without WASM; a title with
  // `@wasm` or `@no-wasm` says that it makes sense in one of them only.
  projects: [
    { name: "wasm", grepInvert: /@no-wasm\b/, use: { wasm: true } },
    { name: "no-wasm", grepInvert: /(?<!no-)@wasm\b/, use: { wasm: false } },
  ],
});
