#!/usr/bin/perl
# arc_verify.pl NAME RECORD [NAME RECORD …]: Mail::DKIM's word on chains. On
# standard input, each message is a line "SIZE" and SIZE bytes; the answer is a
# line "result detail".
use strict;
use warnings;

package Table;
sub new { my ($class, %records) = @_; return bless {%records}, $class }
sub errorstring { 'NOERROR' }

sub send {
    my ($self, $name, $type) = @_;
    my $packet = Net::DNS::Packet->new($name, $type);
    my $text = $self->{lc $name};
    $packet->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT',
        txtdata => [$text =~ /(.{1,200})/g])) if defined $text;
    return $packet;
}

package main;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Net::DNS;

binmode STDIN;
$| = 1;
Mail::DKIM::DNS::resolver(Table->new(@ARGV));
while (defined(my $line = <STDIN>)) {
    my $message;
    read(STDIN, $message, $line + 0) == $line or die "cut short\n";
    my $verifier = Mail::DKIM::ARC::Verifier->new();
    $verifier->PRINT($message);
    $verifier->CLOSE;
    print $verifier->result, ' ', $verifier->result_detail // '', "\n";
}
