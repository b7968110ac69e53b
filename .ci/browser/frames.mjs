// Another site that frames pages of ours.
import { once } from "node:events";
import { createServer } from "node:http";

/** Opens a page of another site with these URLs in frames. `options` are those of `World.visit`. */
export async function framed(world, urls, options, story) {
  const frames = urls.map((url) => `<iframe src="${url}" title="${url}" width="360" height="480"></iframe>`);
  const server = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(frames.join(""))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const elsewhere = `http://127.0.0.1:${server.address().port}`;
  try {
    await world.visit({ ...options, elsewhere }, async (page) => {
      await page.goto(`${elsewhere}/`);
      await story(page);
    });
  } finally {
    server.close();
  }
}
