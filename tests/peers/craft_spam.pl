# Has SpamAssassin judge mails without asking anybody: `craft_spam.pl FOLDER FILE…`.
# One line of JSON a mail on standard output: its score, and what each rule gave.
use strict;
use warnings;
use JSON::PP;
use Mail::SpamAssassin;

my ($home, @files) = @ARGV;
my $judge = Mail::SpamAssassin->new({
    local_tests_only => 1,
    dont_copy_prefs => 1,
    userprefs_filename => "$home/none",
    userstate_dir => $home,
    home_dir_for_helpers => $home,
    # What it learnt of other mail on this machine is none of ours.
    post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\n",
});

sub verdict {
    my ($text) = @_;
    my $mail = $judge->parse($text);
    my $status = $judge->check($mail);
    my %rules = map { $_ => ($status->{conf}{scores}{$_} // 0) + 0 }
        grep { length } split(/,/, $status->get_names_of_tests_hit);
    my %verdict = (score => $status->get_score + 0, spam => $status->is_spam ? 1 : 0, rules => \%rules);
    $status->finish;
    $mail->finish;
    return \%verdict;
}

my $json = JSON::PP->new->canonical;
for my $file (@files) {
    open my $in, '<:raw', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    close $in;
    print $json->encode(verdict($text)), "\n";
}
# GTUBE: the sample that every filter must find, or it has no rules.
my $sample = "From: a\@example.com\nTo: b\@example.com\nSubject: sample\n\n"
    . 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X' . "\n";
print STDERR verdict($sample)->{spam} ? "the sample is spam\n" : "the sample is no spam\n";
