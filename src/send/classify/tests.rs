//! A test a row of the table, with what servers really say.

use proptest::prelude::*;

use super::*;

const ACCEPTED: Disposition = Disposition::Accepted;
const ORDINARY: Disposition = Disposition::Retry(Retry::Ordinary);
const THROTTLED: Disposition = Disposition::Retry(Retry::Throttled);
const NEW_SESSION: Disposition = Disposition::Retry(Retry::NewSession);
const ACCOUNT: Disposition = Disposition::Hold(Cause::Account);
const POLICY_HOLD: Disposition = Disposition::Hold(Cause::Policy);
const SENDER_HOLD: Disposition = Disposition::Hold(Cause::Sender);

const ALL: [Phase; 12] = [
    Phase::Connect,
    Phase::Tls,
    Phase::Greeting,
    Phase::Ehlo,
    Phase::StartTls,
    Phase::Login,
    Phase::Mail,
    Phase::Rcpt,
    Phase::Data,
    Phase::Dot,
    Phase::Reset,
    Phase::Quit,
];

/// The phases in which a message is offered.
const OFFER: [Phase; 4] = [Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Dot];

/// Those in which the recipient has been named.
const NAMED: [Phase; 3] = [Phase::Rcpt, Phase::Data, Phase::Dot];

fn reply(said: &str) -> Reply {
    Reply::take(&mut format!("{said}\r\n").into_bytes()).unwrap().unwrap()
}

/// Each of these, at each of these phases, means this.
fn all(phases: &[Phase], meaning: Disposition, said: &[&str]) {
    for said in said {
        for phase in phases {
            assert_eq!(classify(*phase, &reply(said)), meaning, "{said} at {phase}");
        }
    }
}

#[test]
fn a_relay_that_turns_us_away_before_any_message_touches_no_recipient() {
    let phases = [Phase::Connect, Phase::Tls, Phase::Greeting, Phase::Ehlo, Phase::StartTls];
    all(
        &phases,
        Disposition::Hold(Cause::Unavailable),
        &[
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "421 4.3.2 Service not available",
            "454 4.7.0 TLS not available due to local problem",
        ],
    );
}

#[test]
fn a_refused_login_stops_everything_and_a_busy_one_does_not() {
    all(
        &[Phase::Login],
        ACCOUNT,
        &[
            "535 5.7.8 Username and Password not accepted. For more information, go to Google",
            "535 Authentication Credentials Invalid",
            "534 5.7.9 Application-specific password required",
            "538 5.7.11 Encryption required for requested authentication mechanism",
            "530 5.7.0 Must issue a STARTTLS command first",
        ],
    );
    all(
        &[Phase::Login],
        Disposition::Hold(Cause::Unavailable),
        &["454 4.7.0 Temporary authentication failure"],
    );
}

#[test]
fn a_relay_that_asks_for_a_login_after_all_stops_everything() {
    all(
        &OFFER,
        ACCOUNT,
        &[
            "530 5.7.0 Authentication Required",
            "530 5.7.57 Client not authenticated to send mail",
            "530 Authentication required",
        ],
    );
}

#[test]
fn relaying_that_is_denied_is_the_account_and_not_the_recipient() {
    all(
        &NAMED,
        ACCOUNT,
        &[
            "554 5.7.1 <ann@example.com>: Relay access denied",
            "550 5.7.1 Relaying denied",
            "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
            "550 5.7.64 TenantAttribution; Relay Access Denied",
            "553 Relaying disallowed as news@example.com",
            "554 Message rejected: Sending paused for this account.",
        ],
    );
}

#[test]
fn a_daily_quota_pauses_the_relay_and_puts_the_recipient_back() {
    all(
        &OFFER,
        Disposition::Hold(Cause::Quota),
        &[
            "454 Throttling failure: Daily message quota exceeded.",
            "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits",
            "550-5.4.5 Daily SMTP relay limit exceeded for user.\r\n550 5.4.5 gsmtp",
            "550 5.7.1 Daily SMTP relay limit exceeded for customer.",
            "550 5.1.90 Your message can't be sent because you've reached your daily limit",
            "550 5.2.2 Submission quota exceeded",
        ],
    );
}

#[test]
fn an_account_that_is_too_fast_slows_the_relay() {
    all(
        &OFFER,
        Disposition::Hold(Cause::Rate),
        &[
            "454 Throttling failure: Maximum sending rate exceeded.",
            "450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.",
        ],
    );
}

#[test]
fn a_farewell_throttles_when_it_says_too_much_and_is_tried_again() {
    all(
        &OFFER,
        THROTTLED,
        &[
            "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address",
            "421 4.4.5 Server busy, try again later.",
            "421 4.3.2 System not accepting network messages",
            "421 Too many concurrent SMTP connections",
            "421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. OFR004_104",
        ],
    );
    all(&OFFER, ORDINARY, &["421 4.3.0 Temporary System Problem. Try again later", "421 bye"]);
}

#[test]
fn a_session_that_was_long_enough_is_followed_by_another_at_once() {
    all(
        &OFFER,
        NEW_SESSION,
        &[
            "452 4.5.3 Too many recipients",
            "452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction",
            "550 5.5.3 Too many recipients",
            "421 too many messages in this connection",
            "421 4.4.2 mx.example.com Error: timeout exceeded",
        ],
    );
    all(&OFFER, THROTTLED, &["452 Too many recipients received this hour"]);
}

#[test]
fn a_refused_sender_pauses_the_campaign_and_leaves_the_recipient_alone() {
    all(
        &[Phase::Mail],
        SENDER_HOLD,
        &[
            "550 5.7.1 Sender denied",
            "550 5.7.27 The sender's domain has a null MX",
            "553 5.7.1 <news@example.com>: Sender address rejected: not owned by user ann",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "550 no",
            "550 5.1.1 User unknown",
            "550 No such user",
        ],
    );
    // Many servers keep what they think of MAIL until RCPT, and some until the dot.
    all(
        &OFFER,
        SENDER_HOLD,
        &[
            "501 5.1.7 Bad sender address syntax",
            "553 5.1.8 <news@example.com>: Sender address rejected: Domain not found",
            "550 5.1.1 <news@example.com>: Sender address rejected: User unknown",
            "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: news@example.com",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        ],
    );
}

#[test]
fn a_size_that_the_relay_does_not_take_is_the_campaigns() {
    let said = ["552 5.3.4 Message size exceeds fixed limit", "552 5.2.3 message too long", "552 too large"];
    all(&[Phase::Mail], Disposition::Hold(Cause::Size), &said);
    all(&NAMED, SOFT, &said);
    all(&[Phase::Mail], ORDINARY, &["452 4.3.1 Insufficient system storage"]);
}

#[test]
fn an_address_that_is_dead_by_its_code_is_suppressed() {
    all(
        &NAMED,
        HARD,
        &[
            "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address",
            "550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
            "550 5.1.2 Bad destination system address",
            "501 5.1.3 Bad recipient address syntax",
            "551 5.1.6 Mailbox has moved",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            "556 5.1.10 Recipient address has null MX",
            "550 5.2.1 The email account that you tried to reach is disabled.",
            "550 5.7.17 Mailbox owner has changed",
            "550 5.7.18 Domain owner has changed",
            "550 5.1.1 No such user, check the address and try again",
        ],
    );
}

#[test]
fn an_address_that_is_dead_by_its_words_is_suppressed_at_rcpt_alone() {
    let said = [
        "550 No such user here",
        "551 User not local; unknown user",
        "553 sorry, no mailbox here by that name",
        "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)",
        "550 5.4.1 Recipient address rejected: Access denied. [host.example.com]",
        "550 5.0.0 ann@example.com: user unknown",
    ];
    all(&[Phase::Rcpt], HARD, &said);
    all(&[Phase::Data, Phase::Dot], SOFT, &said);
    // What else it may be is not known well enough.
    all(
        &[Phase::Rcpt, Phase::Dot],
        SOFT,
        &["554 delivery error: dd This user doesn't have a yahoo.com account"],
    );
}

#[test]
fn greylisting_and_busy_mailboxes_are_tried_again() {
    all(
        &NAMED,
        ORDINARY,
        &[
            "450 4.2.0 <ann@example.com>: Recipient address rejected: Greylisted",
            "451 4.7.1 Greylisting in action, please come back later",
            "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
            "452 4.2.2 The email account that you tried to reach is over quota.",
            "452 4.3.1 Insufficient system resources",
            "451 4.3.0 Mail server temporarily rejected message.",
            "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
            "450 try later",
            "451",
        ],
    );
}

#[test]
fn a_full_mailbox_fails_this_campaign_and_condemns_nobody() {
    all(
        &NAMED,
        SOFT,
        &[
            "552 5.2.2 The email account that you tried to reach is over quota",
            "552 Mailbox full",
            "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
            "550 Quota exceeded",
        ],
    );
}

#[test]
fn a_provider_that_gets_too_much_is_throttled() {
    all(
        &NAMED,
        THROTTLED,
        &[
            "451 4.7.0 Temporary rate limit; retry later",
            "451 4.7.500 Server busy. Please try again later from [192.0.2.1]",
            "450 4.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy",
            "451 Message temporarily deferred - [TS01]",
            "450 Requested mail action not taken: IB007",
            "450 rate limited",
        ],
    );
}

#[test]
fn a_policy_never_condemns_an_address() {
    all(
        &NAMED,
        POLICY_HOLD,
        &[
            "550 5.7.1 Message contains content that is not wanted",
            "550 5.7.26 This mail has been blocked because the sender is unauthenticated",
            "550 5.7.515 Access denied, sending domain example.com does not meet the required authentication level",
            "550 5.7.25 The IP address sending this message does not have a PTR record",
            "550 5.7.29 Message not signed by a sealer",
            "554 5.7.9 Message not accepted for policy reasons.",
            "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
            "550 Blocked - see https://www.spamhaus.org/query/ip/192.0.2.1",
            "554 rejected: user unknown, by our policy",
            "550 5.1.1 user unknown; client blocked using dnsbl.example.org",
            "550 5.5.0 mailbox unavailable: listed at an RBL",
            "550 SPF check failed",
        ],
    );
}

#[test]
fn a_body_that_is_refused_without_a_reason_was_not_liked() {
    all(&[Phase::Dot], POLICY_HOLD, &["554 Transaction failed", "550", "554 5.3.0 rejected"]);
    all(&[Phase::Rcpt, Phase::Data], SOFT, &["554 Transaction failed", "550"]);
}

#[test]
fn what_is_our_own_fault_fails_the_one_message() {
    all(
        &OFFER,
        SOFT,
        &[
            "550 5.6.11 bare linefeeds are not allowed",
            "553 5.6.7 the relay does not take addresses outside ASCII",
            "503 5.5.1 Bad sequence of commands",
            "501 5.5.4 Unsupported parameter",
            "500 what",
            "502 Command not implemented",
        ],
    );
}

#[test]
fn a_group_that_takes_mail_from_its_own_people_only_is_one_recipient() {
    all(&NAMED, SOFT, &["550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication is needed"]);
}

#[test]
fn a_refusal_for_good_that_says_try_again_is_tried_again() {
    all(
        &NAMED,
        ORDINARY,
        &[
            "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
            "554 Temporary failure, please try again",
            "550 Greylisted, come back later",
        ],
    );
    all(
        &NAMED,
        THROTTLED,
        &[
            "554 5.7.1 Your address is temporarily blocked",
            "550 rate limit exceeded",
            "550 5.7.1 Try again later",
        ],
    );
    // The word must begin there.
    all(&[Phase::Rcpt], HARD, &["550 contemporary.example.com: no such user"]);
}

#[test]
fn an_answer_that_is_none_leaves_doubt_at_the_dot_and_only_there() {
    all(&[Phase::Dot], Disposition::Unknown, &["354 go on", "399 odd"]);
    all(&[Phase::Dot], ACCEPTED, &["250 2.0.0 Ok: queued as 4F2", "299", "250 rejected as spam, try again"]);
    all(&[Phase::Mail, Phase::Rcpt, Phase::Data], NEW_SESSION, &["250 ok", "354 go on", "334 "]);
}

/// Any reply a server can give, made of what the table looks at.
fn any_reply() -> impl Strategy<Value = Reply> {
    let lists: Vec<&str> = [
        QUOTA,
        ACCOUNT_RATE,
        RELAYING,
        SENDER,
        BLOCKED,
        POLICY,
        GREYLISTED,
        RATE,
        TEMPORARY,
        SESSION,
        UNKNOWN_USER,
        FULL,
    ]
    .concat();
    let code =
        prop_oneof![200_u16..600, prop::sample::select(vec![421, 450, 452, 454, 550, 551, 552, 553, 554])];
    let about = prop::option::of((0_u16..8, prop_oneof![0_u16..31, 0_u16..999]));
    let words = prop::collection::vec(
        prop_oneof![prop::sample::select(lists).prop_map(str::to_owned), "\\PC{0,12}"],
        0..4,
    );
    (code, about, words).prop_map(|(code, about, words)| {
        let enhanced = about.map(|(subject, detail)| format!("{}.{subject}.{detail} ", code / 100));
        reply(&format!("{code} {}{}", enhanced.unwrap_or_default(), words.join(" ")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn only_a_yes_to_the_dot_is_a_yes(phase in prop::sample::select(ALL.to_vec()), reply in any_reply()) {
        let accepted = classify(phase, &reply) == Disposition::Accepted;
        prop_assert_eq!(accepted, phase == Phase::Dot && reply.is_done());
    }

    #[test]
    fn nobody_fails_for_a_reply_that_is_no_refusal_for_good(
        phase in prop::sample::select(ALL.to_vec()),
        reply in any_reply(),
    ) {
        if matches!(classify(phase, &reply), Disposition::Fail { .. }) {
            prop_assert!(reply.is_refused(), "{}", reply);
            prop_assert!(OFFER.contains(&phase));
        }
    }

    #[test]
    fn nobody_is_condemned_by_policy_or_before_being_named(
        phase in prop::sample::select(ALL.to_vec()),
        reply in any_reply(),
    ) {
        if classify(phase, &reply) == HARD {
            prop_assert!(NAMED.contains(&phase), "{} at {}", reply, phase);
            let about = reply.enhanced.map(|code| (code.subject, code.detail));
            let owners = matches!(about, Some((7, 17 | 18)));
            prop_assert!(owners || about.is_none_or(|(subject, _)| subject != 7), "{}", reply);
            prop_assert!(owners || !Said::new(&reply).has(BLOCKED), "{}", reply);
        }
    }

    #[test]
    fn doubt_is_left_by_the_dot_alone(phase in prop::sample::select(ALL.to_vec()), reply in any_reply()) {
        let unknown = classify(phase, &reply) == Disposition::Unknown;
        prop_assert_eq!(unknown, phase == Phase::Dot && reply.code / 100 == 3);
    }
}
