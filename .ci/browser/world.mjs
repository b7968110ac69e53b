// The server, the browser, and visitors who notice what no page may do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Nothing here takes that long; what does has failed. */
const PATIENCE = 20_000;
const AGAIN = 100;

export const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
export const CLERK = "/incidents/clerk/01KKCAFE5T00000000000000CK";

export class World {
  /** `hostile`: with a vendor that means harm. */
  constructor(hostile) {
    this.hostile = hostile;
  }

  async start() {
    const built = process.env.SITE;
    const args = this.hostile ? ["--hostile"] : [];
    const [command, ...words] = built ? [built] : ["cargo", "run", "--quiet", "-p", "tests", "--bin", "site", "--"];
    this.site = spawn(command, [...words, ...args], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await Promise.race([
      once(createInterface(this.site.stdout), "line"),
      once(this.site, "exit").then(([code]) => Promise.reject(new Error(`the site ended with ${code}`))),
    ]);
    Object.assign(this, JSON.parse(line));
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  }

  async stop() {
    await this.browser?.close();
    if (!this.site || this.site.exitCode !== null) return;
    const ended = once(this.site, "exit");
    this.site.stdin.end();
    await ended;
  }

  /** The vendor posts; the first time opens the incident. */
  async say(provider, incident, phase, text, components = [], status = "operational", title = `Trouble ${incident}`) {
    const body = JSON.stringify({ title, phase, text, components, status });
    const answer = await fetch(`${this.control}/say/${provider}/${incident}`, {
      method: "POST", body, headers: { "content-type": "application/json" },
    });
    if (!answer.ok) throw new Error(`the site did not take a post: ${await answer.text()}`);
  }

  /** Until the server shows it at this path, or, with `is` false, shows it no longer: it reads its store every few seconds. */
  async shows(path, text, is = true) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      if ((await (await fetch(this.pages + path)).text()).includes(text) === is) return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
    throw new Error(`${path} ${is ? "does not show" : "still shows"} ${text}`);
  }

  /** Somebody with a screen of their own, who is rid of it afterwards. `problems` must stay empty. */
  async visit({ width = "desktop", dark = false, script = true, zone = "UTC" }, story) {
    const context = await this.browser.newContext({
      baseURL: this.pages, viewport: WIDTHS[width], colorScheme: dark ? "dark" : "light", javaScriptEnabled: script,
      timezoneId: zone, locale: "en-GB", hasTouch: width === "phone", reducedMotion: "reduce", acceptDownloads: true,
    });
    context.setDefaultTimeout(PATIENCE);
    const [problems, opened] = [[], new Set()];
    const page = await context.newPage();
    page.on("console", (said) => {
      // That a page which is none answers 404 is no fault of it.
      const isMissing = said.text().startsWith("Failed to load resource") && opened.has(said.location().url);
      if (["error", "warning"].includes(said.type()) && !isMissing) problems.push(`${page.url()} says ${said.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`${page.url()} fails: ${error.message}`));
    page.on("dialog", (dialog) => { problems.push(`${page.url()} asks ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => {
      if (request.isNavigationRequest()) opened.add(request.url());
      if (!request.url().startsWith(`${this.pages}/`)) problems.push(`${page.url()} loads ${request.url()}`);
    });
    if (script) {
      await page.addInitScript(() =>
        addEventListener("securitypolicyviolation", (event) =>
          console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
    }
    try {
      await story(page);
    } finally {
      await context.close();
    }
    if (problems.length) throw new Error([...new Set(problems)].join("\n"));
  }

  /** An address of every kind of page, by name, those of the hostile vendor included. */
  async addresses() {
    const evil = this.hostile ? await this.links("/providers/evil", /^\/(incidents|maintenances)\/evil\//) : [];
    const [unreadable] = await this.links("/?show=unreadable", /^\/providers\//);
    const [unwatched] = await this.links("/?page=9&sort=name", /^\/providers\//);
    return {
      dashboard: "/",
      trouble: "/?show=trouble&sort=newest",
      found: "/?q=cloud&sort=worst",
      "found-nothing": "/?q=xyzzy%3Cb%3E",
      wall: "/?wall=1",
      provider: "/providers/acme",
      "provider-clerk": "/providers/clerk",
      "provider-unreadable": unreadable,
      "provider-unwatched": unwatched,
      incident: CLERK,
      maintenance: "/maintenances/acme/m2",
      ...(this.hostile && { "provider-evil": "/providers/evil" }),
      ...Object.fromEntries(evil.map((path, number) => [`evil-${number}`, path])),
      calendar: "/calendar",
      "calendar-list": "/calendar?view=list",
      "calendar-week": "/calendar?view=week",
      api: "/api",
      recipient: `/mail/${this.token}`,
      "recipient-unknown": "/mail/nobody",
      nowhere: "/nowhere",
    };
  }

  async links(path, wanted) {
    const html = await (await fetch(this.pages + path)).text();
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href.replaceAll("&amp;", "&"));
    return [...new Set(hrefs.filter((href) => wanted.test(href)))];
  }
}
