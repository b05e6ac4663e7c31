# What Ruby's RSS library finds in a feed that it validates, as JSON: ruby read.rb FILE
require "json"
require "rss"

feed = RSS::Parser.parse(File.read(ARGV[0], encoding: "UTF-8"), true)
found = feed.items.map do |item|
  if feed.is_a?(RSS::Atom::Feed)
    { uid: item.id.content, title: item.title.content, link: item.links.find { |link| link.rel == "alternate" }.href,
      author: item.authors.first.name.content, published: (item.published&.content || 0).to_i,
      content: (item.content || item.summary).content }
  else
    { uid: item.guid.content, title: item.title, link: item.link, author: item.dc_creator, published: (item.pubDate || 0).to_i,
      content: item.content_encoded || item.description }
  end
end
puts JSON.generate(found)
