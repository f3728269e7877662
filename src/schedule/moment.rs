//! Moments and durations as people write them.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, Zoned};

use super::WhenError;
use crate::problem::did_you_mean;

/// How long ago a moment may be and still mean now: whoever writes `09:00` at nine
/// needs a few seconds to do so.
const JUST_NOW: SignedDuration = SignedDuration::from_mins(1);

/// How far ahead a moment may be.
const FARTHEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Reads a moment to come: `2026-12-01T09:00[Europe/Berlin]`, a time with an offset or
/// `Z`, or, in the zone of `now`, `2026-12-01 09:00`, `today 17:00` and `tomorrow 09:00`.
///
/// A wall time that does not exist, or exists twice, is never guessed at. The zone that
/// was written stays with the moment.
///
/// # Errors
///
/// Fails when it is no moment, when its zone is none, when the clocks go forward or back
/// over it, when offset and zone contradict each other, and when it is over or more than
/// a year ahead.
pub fn moment(text: &str, now: &Zoned) -> Result<Zoned, WhenError> {
    let moment = read(text, now)?;
    let ahead = moment.timestamp().duration_since(now.timestamp());
    if ahead < -JUST_NOW {
        Err(WhenError::Past(super::told(&moment)))
    } else if ahead > FARTHEST {
        Err(WhenError::TooFar(super::told(&moment)))
    } else {
        Ok(moment)
    }
}

/// Reads any moment, also one that is over.
pub(super) fn read(text: &str, now: &Zoned) -> Result<Zoned, WhenError> {
    let text = text.trim();
    let unreadable = || WhenError::Unreadable(text.to_owned());
    let (written, zone) = match text.split_once('[') {
        None => (text, None),
        Some((written, zone)) => (written.trim_end(), Some(zone.strip_suffix(']').ok_or_else(unreadable)?)),
    };
    let zone = zone.map(named).transpose()?;
    let wall = with_day(written, zone.as_ref().unwrap_or(now.time_zone()), now).ok_or_else(unreadable)?;
    if let Ok(moment) = wall.parse::<Timestamp>() {
        return with_offset(text, &wall, moment, zone);
    }
    let at: DateTime = wall.parse().map_err(|_| unreadable())?;
    // A day alone would be midnight.
    if !wall.contains(':') {
        return Err(WhenError::NoTime(text.to_owned()));
    }
    match zone {
        Some(zone) => on_the_wall(at, written, &zone),
        None if now.time_zone().is_unknown() => Err(WhenError::NoZone(text.to_owned())),
        None => on_the_wall(at, written, now.time_zone()),
    }
}

/// `tomorrow 09:00` with the day that it is in `zone`; whatever else as it is. None when
/// there is no such day.
fn with_day(written: &str, zone: &TimeZone, now: &Zoned) -> Option<String> {
    let Some((word, time)) = written.split_once(char::is_whitespace) else { return Some(written.to_owned()) };
    let today = now.with_time_zone(zone.clone()).date();
    let day = match word.to_ascii_lowercase().as_str() {
        "today" => today,
        "tomorrow" => today.tomorrow().ok()?,
        _ => return Some(written.to_owned()),
    };
    Some(format!("{day}T{}", time.trim_start()))
}

/// The time zone of this name.
fn named(name: &str) -> Result<TimeZone, WhenError> {
    match TimeZone::get(name) {
        Ok(zone) if !zone.is_unknown() => Ok(zone),
        _ => Err(WhenError::Zone { zone: name.to_owned(), nearest: nearest(name) }),
    }
}

/// The zone that is meant by a city alone, or by a slip of the pen. Abbreviations have
/// none: half of them name two zones, and the other half ignore summer time.
fn nearest(name: &str) -> Option<String> {
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("posix"))
        .collect();
    let asked = name.trim().replace(' ', "_").to_lowercase();
    let city = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let by_city = names.iter().find(|name| city(name) == asked);
    let by_slip = || {
        let near = did_you_mean(&asked, names.iter().map(String::as_str));
        near.filter(|_| asked.contains('/')).map(str::to_owned)
    };
    by_city.cloned().or_else(by_slip)
}

/// One moment by its offset, shown in its zone if it names one.
fn with_offset(
    text: &str,
    wall: &str,
    moment: Timestamp,
    zone: Option<TimeZone>,
) -> Result<Zoned, WhenError> {
    let at: Option<DateTime> = wall.parse().ok();
    let offset = at.and_then(|at| offset_between(at, moment));
    // A `Z` says nothing about the offset of a place (RFC 9557, section 2), and no wall
    // time can be read from it.
    match (zone, at, offset) {
        (None, _, Some(offset)) => Ok(moment.to_zoned(offset.to_time_zone())),
        (None, ..) => Ok(moment.to_zoned(TimeZone::UTC)),
        (Some(zone), Some(at), Some(offset)) if zone.to_offset(moment) != offset => {
            let by_wall = zone.to_ambiguous_zoned(at).compatible();
            let by_offset = moment.to_zoned(zone.clone());
            let by_wall = by_wall.unwrap_or_else(|_| by_offset.clone());
            Err(WhenError::Offset {
                text: text.to_owned(),
                zone: name_of(&zone, moment),
                offset: offset.to_string(),
                choices: [choice(&by_wall), choice(&by_offset)],
            })
        }
        (Some(zone), ..) => Ok(moment.to_zoned(zone)),
    }
}

fn offset_between(at: DateTime, moment: Timestamp) -> Option<Offset> {
    let as_utc = Offset::UTC.to_timestamp(at).ok()?;
    let seconds = as_utc.duration_since(moment).as_secs();
    Offset::from_seconds(i32::try_from(seconds).ok()?).ok()
}

/// The moment at which the clocks of `zone` show `at`.
fn on_the_wall(at: DateTime, written: &str, zone: &TimeZone) -> Result<Zoned, WhenError> {
    let unreadable = || WhenError::Unreadable(written.to_owned());
    let by = |offset: Offset| {
        let moment = offset.to_timestamp(at).map_err(|_| unreadable())?;
        Ok(moment.to_zoned(zone.clone()))
    };
    let wall = at.strftime("%Y-%m-%d %H:%M").to_string();
    match zone.to_ambiguous_timestamp(at).offset() {
        AmbiguousOffset::Unambiguous { offset } => by(offset),
        AmbiguousOffset::Fold { before, after } => {
            let (first, second) = (by(before)?, by(after)?);
            let zone = name_of(zone, first.timestamp());
            Err(WhenError::Twice { wall, zone, choices: [choice(&first), choice(&second)] })
        }
        AmbiguousOffset::Gap { before, after } => {
            // By the clock after the jump it is before it, and the other way round.
            let (earlier, later) = (by(after)?, by(before)?);
            let zone = name_of(zone, earlier.timestamp());
            Err(WhenError::Skipped { wall, zone, choices: [choice(&earlier), choice(&later)] })
        }
    }
}

/// A moment written so that it can only be read in one way.
fn choice(moment: &Zoned) -> String {
    let form = if moment.second() == 0 { "%Y-%m-%dT%H:%M%:z" } else { "%Y-%m-%dT%H:%M:%S%:z" };
    let text = moment.strftime(form);
    match moment.time_zone().iana_name() {
        Some(zone) => format!("{text}[{zone}]"),
        None => text.to_string(),
    }
}

fn name_of(zone: &TimeZone, at: Timestamp) -> String {
    zone.iana_name().map_or_else(|| format!("the zone at {}", zone.to_offset(at)), str::to_owned)
}

/// Reads a duration: `90m`, `6h`, `1h 30m`, `2 days`. A day has 24 hours.
///
/// # Errors
///
/// Fails when it is none, or not longer than nothing.
pub fn duration(text: &str) -> Result<SignedDuration, WhenError> {
    let not_one = || WhenError::NotADuration(text.trim().to_owned());
    let span: Span = text.trim().parse().map_err(|_| not_one())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| not_one())?;
    if duration.is_positive() { Ok(duration) } else { Err(not_one()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Condition as _;

    /// In Vienna, which has another name than all zones that are written here.
    fn now() -> Zoned {
        "2026-11-22T13:00:00+01:00[Europe/Vienna]".parse().unwrap()
    }

    fn at(text: &str) -> String {
        moment(text, &now()).unwrap().to_string()
    }

    fn told(text: &str) -> (String, String) {
        let error = moment(text, &now()).unwrap_err();
        (error.to_string(), error.hint().unwrap())
    }

    #[test]
    fn a_wall_time_is_one_moment_in_its_zone() {
        assert_eq!(at("2026-12-01T09:00[Europe/Berlin]"), "2026-12-01T09:00:00+01:00[Europe/Berlin]");
        assert_eq!(at(" 2026-12-01 09:00 [europe/berlin] "), "2026-12-01T09:00:00+01:00[Europe/Berlin]");
        assert_eq!(at("2027-07-01T09:00[America/New_York]"), "2027-07-01T09:00:00-04:00[America/New_York]");
        assert_eq!(at("2026-12-01T09:00Z"), "2026-12-01T09:00:00+00:00[UTC]");
        assert_eq!(at("2026-12-01T09:00:30+05:30"), "2026-12-01T09:00:30+05:30[+05:30]");
        assert_eq!(at("2026-12-01T08:00Z[Europe/Berlin]"), "2026-12-01T09:00:00+01:00[Europe/Berlin]");
    }

    #[test]
    fn without_a_zone_it_is_that_of_the_machine() {
        assert_eq!(at("2026-12-01 09:00"), "2026-12-01T09:00:00+01:00[Europe/Vienna]");
        assert_eq!(at("today 13:01"), "2026-11-22T13:01:00+01:00[Europe/Vienna]");
        assert_eq!(at("Tomorrow  09:00"), "2026-11-23T09:00:00+01:00[Europe/Vienna]");
        // It is tomorrow already in Auckland.
        let late: Zoned = "2026-11-22T13:00:00+00:00[UTC]".parse().unwrap();
        let there = moment("today 09:00[Pacific/Auckland]", &late).unwrap();
        assert_eq!(there.to_string(), "2026-11-23T09:00:00+13:00[Pacific/Auckland]");
        let nowhere = late.with_time_zone(TimeZone::unknown());
        let error = moment("2026-12-01 09:00", &nowhere).unwrap_err();
        assert_eq!(error, WhenError::NoZone("2026-12-01 09:00".to_owned()));
    }

    #[test]
    fn a_time_that_clocks_jump_over_is_refused_with_both_choices() {
        let (what, hint) = told("2027-03-28T02:30[Europe/Berlin]");
        assert_eq!(what, "2027-03-28 02:30 does not exist in Europe/Berlin: the clocks go forward over it");
        let choices = ["2027-03-28T01:30+01:00[Europe/Berlin]", "2027-03-28T03:30+02:00[Europe/Berlin]"];
        assert_eq!(hint, format!("write `{}` or `{}`", choices[0], choices[1]));
        assert_eq!(choices.map(at), choices.map(|choice| choice.replace(":30+", ":30:00+")));
    }

    #[test]
    fn a_time_that_comes_twice_is_refused_with_both_choices() {
        let (what, hint) = told("2027-10-31T02:30[Europe/Berlin]");
        assert_eq!(what, "2027-10-31 02:30 comes twice in Europe/Berlin: the clocks go back over it");
        let choices = ["2027-10-31T02:30+02:00[Europe/Berlin]", "2027-10-31T02:30+01:00[Europe/Berlin]"];
        assert_eq!(hint, format!("write `{}` or `{}`", choices[0], choices[1]));
        assert_eq!(choices.map(at), choices.map(|choice| choice.replace(":30+", ":30:00+")));
    }

    #[test]
    fn an_offset_that_a_zone_does_not_have_then_is_refused_with_both_readings() {
        let (what, hint) = told("2026-12-01T09:00+02:00[Europe/Berlin]");
        assert_eq!(
            what,
            "`2026-12-01T09:00+02:00[Europe/Berlin]` contradicts itself: Europe/Berlin is not at +02 then"
        );
        assert_eq!(
            hint,
            "write `2026-12-01T09:00+01:00[Europe/Berlin]` or `2026-12-01T08:00+01:00[Europe/Berlin]`"
        );
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "soon",
            "tomorrow",
            "tomorrow at nine",
            "2026-13-01T09:00",
            "2026-12-01T24:30Z",
            "2026-12-01T09:00[Europe/Berlin",
            "12/01/2026 09:00",
            "2026-12-01T09:00[Europe/Berlin][u-ca=hebrew]",
        ] {
            assert!(moment(text, &now()).is_err(), "{text}: {:?}", moment(text, &now()));
        }
        for text in ["2026-12-01", "2026-12-01[Europe/Berlin]"] {
            assert_eq!(told(text).0, format!("`{text}` is a day, and not a moment: the time is missing"));
        }
    }

    #[test]
    fn a_zone_that_nobody_knows_is_told_with_the_one_that_may_be_meant() {
        let told = |zone: &str| told(&format!("2026-12-01T09:00[{zone}]"));
        assert_eq!(told("Europe/Berln").0, "there is no time zone `Europe/Berln`");
        assert_eq!(told("Europe/Berln").1, "did you mean `Europe/Berlin`?");
        assert_eq!(told("Berlin").1, "did you mean `Europe/Berlin`?");
        assert_eq!(told("New York").1, "did you mean `America/New_York`?");
        assert!(told("EDT").1.starts_with("write a city"), "{}", told("EDT").1);
        assert!(told("Etc/Unknown").0.starts_with("there is no time zone"));
        assert!(told("").0.starts_with("there is no time zone"));
    }

    #[test]
    fn what_is_over_or_far_ahead_is_refused_and_this_very_minute_is_not() {
        assert_eq!(told("2026-11-22T12:58").0, "Sun 2026-11-22 12:58 Europe/Vienna (11:58 UTC) is over");
        assert_eq!(at("2026-11-22T12:59:30"), "2026-11-22T12:59:30+01:00[Europe/Vienna]");
        assert!(told("2028-12-01T09:00Z").0.ends_with("is more than a year ahead"));
        assert!(told("9998-12-31T09:00Z").0.ends_with("is more than a year ahead"));
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        let minutes = |text| duration(text).map(|duration| duration.as_mins());
        for (text, expected) in
            [("90m", 90), ("6h", 360), ("1h 30m", 90), ("2 days", 2880), ("90 minutes", 90), ("PT6H", 360)]
        {
            assert_eq!(minutes(text), Ok(expected), "{text}");
        }
        for text in ["", "6", "0s", "-6h", "1 month", "soon", "6h later"] {
            assert_eq!(duration(text), Err(WhenError::NotADuration(text.to_owned())), "{text}");
        }
    }

    /// Every jump of every zone's clocks in the years to come.
    #[test]
    fn around_every_jump_of_every_clock_each_wall_time_has_one_reading_or_two_choices() {
        let from: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let (mut skipped, mut twice) = (0, 0);
        for name in jiff::tz::db().available() {
            let zone = TimeZone::get(name.as_str()).unwrap();
            for jump in zone.following(from).take(6) {
                let moment_of = |text: &str| {
                    let now = jump.timestamp() - SignedDuration::from_hours(24);
                    moment(text, &now.to_zoned(TimeZone::UTC))
                };
                let after = jump.offset();
                let before = zone.to_offset(jump.timestamp() - SignedDuration::from_secs(1));
                // A new name or another law, and the clocks stay as they are.
                let by = SignedDuration::from_secs(i64::from(after.seconds() - before.seconds()));
                let wall_before = before.to_datetime(jump.timestamp());
                let wall_after = after.to_datetime(jump.timestamp());
                let middle = wall_before.min(wall_after) + SignedDuration::from_secs(by.abs().as_secs() / 2);
                let text = |at: DateTime| format!("{}[{}]", at.strftime("%Y-%m-%dT%H:%M:%S"), name.as_str());
                let choices = match moment_of(&text(middle)) {
                    Err(WhenError::Skipped { choices, .. }) if by.is_positive() => {
                        skipped += 1;
                        choices
                    }
                    Err(WhenError::Twice { choices, .. }) if by.is_negative() => {
                        twice += 1;
                        choices
                    }
                    Ok(_) if by.is_zero() => continue,
                    other => panic!("{}: {other:?}", text(middle)),
                };
                let [first, second] = choices.map(|choice| moment_of(&choice).unwrap());
                assert_eq!(second.duration_since(&first), by.abs(), "{}", text(middle));
                // Just outside there is one reading, and it shows what was written.
                let lower = wall_before.min(wall_after) - SignedDuration::from_secs(1);
                let upper = wall_before.max(wall_after);
                for outside in [lower, upper] {
                    let read = moment_of(&text(outside)).unwrap();
                    assert_eq!(read.datetime(), outside, "{}", text(outside));
                }
            }
        }
        assert!(skipped > 500 && twice > 500, "{skipped} skipped and {twice} twice: there must be more");
    }
}
