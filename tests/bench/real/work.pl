# Hashes, arrays, strings and regular expressions.
use strict;
use warnings;

sub fib { my $n = shift; return $n < 2 ? $n : fib($n - 1) + fib($n - 2) }
print "fib ", fib(26), "\n";

my (%counts, @words);
open my $file, '<', $ARGV[0] or die;
while (my $line = <$file>) {
    last if $. > 60000;
    for my $word (split ' ', $line) {
        $counts{$word}++ if $word =~ /^[a-z]+$/;
    }
    push @words, $1 if $line =~ /(\w*sta\w*) (\d+)/;
    $line =~ s/([aeiou])/uc $1/ge if $. % 16 == 0;
}
my @order = sort { $counts{$b} <=> $counts{$a} || $a cmp $b } keys %counts;
print "words ", scalar @order, " $order[0] $counts{$order[0]} ", scalar @words, "\n";

my ($seed, $sum) = (42, 0);
for my $i (1 .. 2000000) {
    $seed = ($seed * 69069 + 1) & 0xffffffff;
    $sum += $seed % 97;
}
print "sum $sum\n";
