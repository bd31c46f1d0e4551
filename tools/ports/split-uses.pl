# Splits `use std::{…}`, so that what the facade has comes from there: for `perl -0 -i`.
use strict;
use warnings;

while (my $text = <>) {
    $text =~ s{^([ \t]*)((?:pub(?:\([a-z]+\))? )?use )(?:std|core)::\{(.*?)\n?\};}{split_up($1, $2, $3)}gmse;
    print $text;
}

sub split_up {
    my ($indent, $use, $inside) = @_;
    my %of = (ours => [], theirs => []);
    my ($depth, $word) = (0, '');
    for my $char (split //, "$inside,") {
        $depth++ if $char eq '{';
        $depth-- if $char eq '}';
        if ($char ne ',' || $depth > 0) {
            $word .= $char;
            next;
        }
        $word =~ s/^\s+|\s+$//g;
        push @{$of{$word =~ /^(?:sync|thread|time)\b/ ? 'ours' : 'theirs'}}, $word if $word ne '';
        $word = '';
    }
    my @uses;
    push @uses, "std::{" . join(', ', @{$of{theirs}}) . "}" if @{$of{theirs}};
    push @uses, "unsnarl::{" . join(', ', @{$of{ours}}) . "}" if @{$of{ours}};
    return join "\n", map { "$indent$use$_;" } @uses;
}
