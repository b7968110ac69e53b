// The server, the browser, and visitors who report what no page may do.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { judgeAll } from "./judge.mjs";
import { OpenIdProvider, SECRET } from "./openid_provider.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Milliseconds until a step counts as failed. */
const TIMEOUT = 20_000;
const RETRY_INTERVAL = 100;

export const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
export const CLERK = "/incidents/clerk/01KKCAFE5T00000000000000CK";

/** The month in UTC so many days from now: 2026-11. */
const month = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 7);

export class World {
  /** `hostile`: with a provider whose texts attack the site. */
  constructor(hostile) {
    this.hostile = hostile;
  }

  async start() {
    const built = process.env.SITE;
    this.openid = new OpenIdProvider();
    await this.openid.start();
    const args = ["--openid-issuer", this.openid.issuer, "--openid-secret", SECRET, ...(this.hostile ? ["--hostile"] : [])];
    const [command, ...words] = built ? [built] : ["cargo", "run", "--quiet", "-p", "tests", "--bin", "site", "--"];
    this.site = spawn(command, [...words, ...args], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await Promise.race([
      once(createInterface(this.site.stdout), "line"),
      once(this.site, "exit").then(([code]) => Promise.reject(new Error(`the site ended with ${code}`))),
    ]);
    Object.assign(this, JSON.parse(line));
    this.openid.knows(this.accounts);
    this.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  }

  /** The same site as a private instance, to visitors who signed in by its form. */
  privately() {
    return Object.assign(Object.create(this), { isPrivate: true });
  }

  /** Where visitors are. */
  get base() {
    return this.isPrivate ? this.private : this.pages;
  }

  /** An answer as a program gets it, which knows the password. */
  get(path) {
    const headers = this.isPrivate ? { authorization: `Basic ${btoa(`any:${this.password}`)}` } : {};
    return fetch(this.base + path, { headers });
  }

  /** The cookies of somebody who signed in. */
  async signIn() {
    const context = await this.browser.newContext({ baseURL: this.private });
    const page = await context.newPage();
    await page.goto("/");
    await page.getByLabel("Password").fill(this.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    const session = await context.storageState();
    await context.close();
    return session;
  }

  async stop() {
    await this.browser?.close();
    this.openid.stop();
    if (!this.site || this.site.exitCode !== null) return;
    const ended = once(this.site, "exit");
    this.site.stdin.end();
    await ended;
  }

  /** The provider posts an update; the first one opens the incident. */
  async post(provider, incident, phase, text, components = [], status = "operational", title = `Trouble ${incident}`) {
    const body = JSON.stringify({ title, phase, text, components, status });
    const answer = await fetch(`${this.control}/updates/${provider}/${incident}`, {
      method: "POST", body, headers: { "content-type": "application/json" },
    });
    if (!answer.ok) throw new Error(`the site rejected an update: ${await answer.text()}`);
  }

  /** Waits until the server shows a text at this path, or, with `expected` false, no longer shows it: it caches for some seconds. */
  async shows(path, text, expected = true) {
    for (const end = Date.now() + TIMEOUT; Date.now() < end; ) {
      if ((await (await this.get(path)).text()).includes(text) === expected) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL));
    }
    throw new Error(`${path} ${expected ? "does not show" : "still shows"} ${text}`);
  }

  /**
   * Runs a story in a browser context of its own. Fails if the page logs errors, breaks its policy or loads from another
   * site than `elsewhere`, or if axe finds something in a page of the instance with accounts.
   */
  async visit({ width = "desktop", dark = false, script = true, zone = "UTC", elsewhere }, story) {
    const storageState = this.isPrivate ? await (this.session ??= this.signIn()) : undefined;
    const context = await this.browser.newContext({
      baseURL: this.base, storageState, viewport: WIDTHS[width], colorScheme: dark ? "dark" : "light", javaScriptEnabled: script,
      timezoneId: zone, locale: "en-GB", hasTouch: width === "phone", reducedMotion: "reduce", acceptDownloads: true,
    });
    context.setDefaultTimeout(TIMEOUT);
    const [problems, opened] = [[], new Set()];
    const page = await context.newPage();
    page.on("console", (message) => {
      // The browser logs a 404 of the page itself, which a story may expect.
      const isMissing = message.text().startsWith("Failed to load resource") && opened.has(message.location().url);
      if (["error", "warning"].includes(message.type()) && !isMissing) problems.push(`${page.url()} says ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`${page.url()} fails: ${error.message}`));
    page.on("dialog", (dialog) => { problems.push(`${page.url()} asks ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => {
      if (request.isNavigationRequest()) opened.add(request.url());
      if (![this.pages, this.private, this.accounts, elsewhere].some((own) => request.url().startsWith(`${own}/`))) problems.push(`${page.url()} loads ${request.url()}`);
    });
    if (script) {
      await page.addInitScript(() =>
        addEventListener("securitypolicyviolation", (event) =>
          console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
    }
    const judged = await judgeAll(page, this.accounts, { width, dark, script });
    try {
      await story(page);
      problems.push(...(await judged()));
    } finally {
      await context.close();
    }
    if (problems.length) throw new Error([...new Set(problems)].join("\n"));
  }

  /** A path or URL of every kind of page by name, including those of the hostile provider. */
  async addresses() {
    const evil = this.hostile ? await this.links("/providers/evil", /^\/(incidents|maintenances)\/evil\//) : [];
    const [unreachable] = await this.links("/?show=unreadable", /^\/providers\//);
    const [unchecked] = await this.links("/?page=9&sort=name", /^\/providers\//);
    return {
      dashboard: "/",
      trouble: "/?show=trouble&sort=newest",
      found: "/?q=cloud&sort=worst",
      "found-nothing": "/?q=xyzzy%3Cb%3E",
      tv: "/?wall=1",
      provider: "/providers/acme",
      "provider-clerk": "/providers/clerk",
      "provider-many": "/providers/globex",
      "provider-search": "/providers/globex?q=region+6",
      history: "/providers/acme/history",
      "history-imported": `/providers/globex/history?month=${month(-60)}`,
      "provider-unreachable": unreachable,
      "provider-unchecked": unchecked,
      incident: CLERK,
      maintenance: "/maintenances/acme/m2",
      ...(this.hostile && { "provider-evil": "/providers/evil", "history-evil": "/providers/evil/history" }),
      ...Object.fromEntries(evil.map((path, number) => [`evil-${number}`, path])),
      incidents: "/incidents",
      "incidents-filtered": "/incidents?provider=acme&days=90",
      calendar: "/calendar",
      catalogue: "/catalogue",
      "calendar-month": `/calendar?at=${month(0)}-01`,
      "calendar-list": "/calendar?view=list",
      "calendar-week": "/calendar?view=week",
      api: "/api",
      "card-watched": "/embed/watched",
      "card-provider": "/embed/providers/acme",
      "card-incident": `/embed${CLERK}`,
      ...(this.hostile && { "card-evil": "/embed/providers/evil" }),
      "mail-preferences": `/mail/${this.token}`,
      "mail-invalid-link": "/mail/nobody",
      "sign-in": `${this.private}/sign-in?to=%2Fcalendar`,
      "not-found": "/nowhere",
    };
  }

  async links(path, wanted) {
    const html = await (await this.get(path)).text();
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href.replaceAll("&amp;", "&"));
    return [...new Set(hrefs.filter((href) => wanted.test(href)))];
  }
}
