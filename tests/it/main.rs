//! The integration tests: one binary, a module a feature.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod again; // a campaign goes on later: another run, another key, other terms
mod answers; // what became of everybody: unknown ones settled, refused ones retried, reports
mod any_tree; // whatever tree of blocks is written as Markdown is read as it was
mod architecture; // the arrows between the rooms, and where each dependency is at home
mod article; // reading: Markdown, plain text, front matter and what is wrong with them
mod bad_input; // what must not be sent is told with its place, and nothing is lost
mod called_off; // what a person does to a campaign that runs or waits, and how that ends
mod campaign; // nobody is skipped, nobody is mailed twice, whatever happens
mod chaos; // whatever a relay does, at every step of a conversation, everybody is accounted for
mod check; // what a check finds in a finished mail, and how it tells it
mod cli; // the real binary: exit codes, and what people read
mod compose; // article, theme and newsletter in, copies out
mod corpus; // documents of many habits, and what a person expects of each
#[cfg(all(unix, debug_assertions))]
mod crash; // killed at every point and at any moment
mod crowd; // a relay that takes fewer connections than we would make
mod digest; // an article set as sheets and entries
mod dkim; // keys by hand, and mails signed with them by the real program
mod export; // articles written down as clean Markdown, and read again
mod golden; // the example articles as they go out
mod inbox; // what is sent to the inbox is kept
mod inbox_page; // the mail it kept, in the browser
mod init; // a newsletter is begun, and everything works in its folder as it is
#[cfg(unix)]
mod interrupted; // a send that is asked to stop, once and twice
#[cfg(debug_assertions)]
mod knock; // the way out is tried before a mail promises it
#[cfg(unix)]
mod leaving; // readers leave over HTTP: what is asked, what is answered, and that it holds
mod limits; // how fast a campaign goes, who gets less for a while, and what pauses it
mod markdown; // what newsletters write in Markdown, and what becomes of it
mod page; // an article set in a theme
mod pictures; // files beside an article, on their way into a mail
mod plan; // what a plan shows, and what it keeps
mod restore; // a lost state is brought back, and what it does not know is asked about
mod run; // the real program from an article to caught mail
mod safety; // what `--yes` alone does not pass
#[cfg(unix)]
mod secrets; // where passwords and tokens are fetched from, and that they stand nowhere else
mod serving; // how what serves ends
mod specimen; // articles built by hand, for what draws them
mod studio; // The preview in the browser: who may ask, what a frame may do, what a save does.
mod support; // a message, a relay, a server that misbehaves
mod suppress; // who gets no mail, entered by hand and from a file
mod theme; // where a theme comes from, and what is said of a wrong one
mod tick; // what goes out by itself, at its time
mod unsubscribe; // who leaves by mail: out of maildirs, mboxes and a mail server's pipe
mod way_out; // no mail leaves without a way for its reader to leave
mod wire; // one test for each way a relay can fail us
