// What a reader of npm finds in a feed, as JSON: node read.cjs rss-parser|feedsmith FILE (NODE_PATH has the packages)
const { readFileSync } = require("node:fs");

const seconds = (date) => (date ? Date.parse(date) / 1000 : 0); // 0 = no date

async function withRssParser(text) {
  const Parser = require("rss-parser");
  const { items } = await new Parser().parseString(text);
  return items.map((item) => ({
    uid: item.id ?? item.guid,
    title: item.title,
    link: item.link,
    author: item.author ?? item.creator,
    published: seconds(item.isoDate),
    content: item["content:encoded"] ?? item.content ?? item.summary,
  }));
}

const SHAPES = {
  atom: (entry) => ({
    uid: entry.id,
    title: entry.title.value ?? entry.title,
    link: entry.links.find((link) => link.rel === "alternate").href,
    author: entry.authors[0].name,
    published: seconds(entry.published),
    content: (entry.content ?? entry.summary).value,
  }),
  rss: (item) => ({
    uid: item.guid.value,
    title: item.title,
    link: item.link,
    author: item.dc.creators[0],
    published: seconds(item.pubDate),
    content: item.content?.encoded ?? item.description,
  }),
  json: (item) => ({
    uid: item.id,
    title: item.title,
    link: item.url,
    author: item.authors[0].name,
    published: seconds(item.date_published),
    content: item.content_html ?? item.content_text,
  }),
};

async function withFeedsmith(text) {
  const { format, feed } = require("feedsmith").parseFeed(text);
  return (feed.entries ?? feed.items).map(SHAPES[format]);
}

const READERS = { "rss-parser": withRssParser, feedsmith: withFeedsmith };
const [name, file] = process.argv.slice(2);
READERS[name](readFileSync(file, "utf8")).then((found) => process.stdout.write(JSON.stringify(found)));
