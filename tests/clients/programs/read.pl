# What XML::Feed finds in a feed, as JSON: perl read.pl FILE
use strict;
use warnings;
use JSON::PP;
use XML::Feed;

$XML::Atom::ForceUnicode = 1;

my $feed = XML::Feed->parse($ARGV[0]) or die XML::Feed->errstr;
my @found = map {
    my $author = $_->author;
    {
        uid       => $_->id,
        title     => $_->title,
        link      => $_->link,
        author    => ref $author ? $author->[0] : $author,
        published => $_->issued ? $_->issued->epoch : 0,
        content   => $_->content->body,
    }
} $feed->entries;
print JSON::PP->new->utf8->encode(\@found);
