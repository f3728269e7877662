use super::*;
use crate::audience::SuppressionReason;

/// Has `dir` opened as this program would, and expects a refusal.
fn refusal(dir: &Path, newsletter: &str) -> StoreError {
    Store::open(dir, newsletter, Durability::Process).unwrap_err()
}

/// Runs SQL that no program of ours does.
fn meddle(dir: &Path, sql: &str) {
    Connection::open(dir.join(DATABASE)).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_store_is_opened_again_with_its_key() {
    let (dir, store) = new_store();
    store.suppress(&address(1), SuppressionReason::Manual, Some("by phone"), at(1)).unwrap();
    drop(store);
    let store = Store::open(dir.path(), NEWSLETTER, Durability::Power).unwrap();
    assert_eq!(store.key(), &[7; 32]);
    assert_eq!(store.suppressions().unwrap().len(), 1);
    assert!(!format!("{store:?}").contains("7, 7"), "the key is told to nobody");
}

#[test]
fn there_is_one_store_in_a_folder_and_none_in_an_empty_one() {
    let (dir, _store) = new_store();
    let again = Store::create(dir.path(), NEWSLETTER, [8; 32], Durability::Process, at(1));
    assert_eq!(again.unwrap_err(), StoreError::Exists { path: dir.path().join(DATABASE) });
    let empty = dir.path().join("empty");
    assert_eq!(refusal(&empty, NEWSLETTER), StoreError::Missing { path: empty.clone() });
    // Somebody was stopped who was about to make one.
    fs::create_dir(&empty).unwrap();
    fs::write(empty.join(DATABASE), "").unwrap();
    assert_eq!(refusal(&empty, NEWSLETTER), StoreError::Missing { path: empty.clone() });
    Store::create(&empty, NEWSLETTER, [8; 32], Durability::Process, at(1)).unwrap();
}

#[test]
fn the_state_of_another_newsletter_or_of_a_newer_program_is_left_alone() {
    let (dir, _store) = new_store();
    assert_eq!(refusal(dir.path(), "herald"), StoreError::OtherNewsletter { found: NEWSLETTER.to_owned() });
    meddle(dir.path(), "PRAGMA user_version = 9");
    assert_eq!(refusal(dir.path(), NEWSLETTER), StoreError::Newer { version: 9 });
}

#[test]
fn what_is_no_database_of_ours_is_called_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DATABASE);
    fs::write(&path, "Dear diary, ".repeat(1_000)).unwrap();
    assert!(matches!(refusal(dir.path(), NEWSLETTER), StoreError::Damaged { .. }));
    fs::remove_file(&path).unwrap();
    meddle(dir.path(), "CREATE TABLE cookie (name TEXT); PRAGMA user_version = 1");
    assert!(matches!(refusal(dir.path(), NEWSLETTER), StoreError::Damaged { .. }));
    let made = Store::create(dir.path(), NEWSLETTER, [7; 32], Durability::Process, at(0));
    assert_eq!(made.unwrap_err(), StoreError::Exists { path });
}

#[cfg(unix)]
#[test]
fn a_state_that_is_moved_away_or_replaced_is_noticed_by_whoever_has_it_open() {
    let above = tempfile::tempdir().unwrap();
    let [dir, away] = ["state", "away"].map(|name| above.path().join(name));
    let make = || Store::create(&dir, NEWSLETTER, [7; 32], Durability::Process, at(0)).unwrap();
    let store = make();
    assert_eq!(store.is_in_place(), Ok(()));
    let moved = Err(StoreError::Moved { path: dir.join(DATABASE) });
    fs::rename(&dir, &away).unwrap();
    assert_eq!(store.is_in_place(), moved.clone());
    let other = make();
    assert_eq!((store.is_in_place(), other.is_in_place()), (moved, Ok(())));
    drop(other);
    fs::remove_dir_all(&dir).unwrap();
    fs::rename(&away, &dir).unwrap();
    assert_eq!(store.is_in_place(), Ok(()));
}

#[test]
fn a_column_that_holds_what_nobody_writes_is_called_damaged() {
    let (dir, store) = new_store();
    let id = store.plan(&issue(), readers(1), &[]).unwrap();
    meddle(dir.path(), "UPDATE delivery SET state = 99");
    assert!(matches!(store.deliveries(id, None, 9), Err(StoreError::Damaged { .. })));
    assert!(matches!(store.counts(id), Err(StoreError::Damaged { .. })));
    meddle(dir.path(), "UPDATE delivery SET state = 0, address = 'nobody'");
    assert!(matches!(store.deliveries(id, None, 9), Err(StoreError::Damaged { .. })));
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_reads_the_state_or_its_backup() {
    use std::os::unix::fs::PermissionsExt as _;
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("state");
    let store = Store::create(&dir, NEWSLETTER, [7; 32], Durability::Process, at(0)).unwrap();
    store.plan(&issue(), readers(1), &[]).unwrap();
    let _sending = store.sending(at(1)).unwrap();
    store.backup(&dir.join("backup.db"), at(1), &[]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_told_as_one() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, store) = new_store();
    drop(store);
    let path = dir.path().join(DATABASE);
    let modes = |folder, file| {
        fs::set_permissions(&path, fs::Permissions::from_mode(file)).unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(folder)).unwrap();
    };
    modes(0o500, 0o400);
    // Permissions do not hold back everybody: not root.
    let writable = File::create(dir.path().join("probe")).is_ok();
    let opened = Store::open(dir.path(), NEWSLETTER, Durability::Process);
    modes(0o700, 0o600);
    if writable {
        opened.unwrap();
    } else {
        assert_eq!(opened.unwrap_err(), StoreError::ReadOnly { path });
    }
}

#[test]
fn what_the_disk_and_the_system_refuse_is_told_by_name() {
    let (dir, store) = new_store();
    let path = dir.path().join(DATABASE);
    let writing = |pragma: &str| {
        store
            .with(|connection| {
                connection.execute_batch(pragma)?;
                connection
                    .execute("INSERT INTO event VALUES (1, 1, 1, 1, hex(zeroblob(99999)), '', 1, '')", [])?;
                Ok(())
            })
            .unwrap_err()
    };
    assert_eq!(writing("PRAGMA query_only = 1"), StoreError::ReadOnly { path: path.clone() });
    assert_eq!(
        writing("PRAGMA query_only = 0; PRAGMA max_page_count = 1"),
        StoreError::Full { path: path.clone() }
    );
    let below = Store::create(&path.join("below"), NEWSLETTER, [7; 32], Durability::Process, at(0));
    assert!(matches!(below, Err(StoreError::Io { .. })), "{below:?}");
}

#[test]
fn a_backup_is_a_store_with_all_that_was_there_and_replaces_nothing() {
    let (dir, store) = new_store();
    let id = store.plan(&issue(), readers(3), &[]).unwrap();
    store.suppress(&address(1), SuppressionReason::Bounced, None, at(1)).unwrap();
    let other = dir.path().join("other");
    fs::create_dir(&other).unwrap();
    let to = other.join(DATABASE);
    store.backup(&to, at(2), &[]).unwrap();
    assert_eq!(store.backup(&to, at(2), &[]), Err(StoreError::Exists { path: to.clone() }));
    let copy = Store::open(&other, NEWSLETTER, Durability::Process).unwrap();
    assert_eq!(copy.key(), store.key());
    assert_eq!(copy.campaigns().unwrap(), store.campaigns().unwrap());
    assert_eq!(copy.deliveries(id, None, 9).unwrap(), store.deliveries(id, None, 9).unwrap());
    assert_eq!(copy.suppressions().unwrap(), store.suppressions().unwrap());
}

#[test]
fn a_suppression_covers_every_spelling_and_what_was_noted_first_stands() {
    let (_dir, store) = new_store();
    let (one, other) = (address(1), EmailAddress::parse("reader1@EXAMPLE.com").unwrap());
    assert!(store.suppress(&one, SuppressionReason::Complained, Some("feedback loop"), at(1)).unwrap());
    assert!(!store.suppress(&other, SuppressionReason::Manual, None, at(2)).unwrap());
    let found = store.suppression_of(&other).unwrap().unwrap();
    assert_eq!(
        (found.address, found.reason, found.since),
        (one.clone(), SuppressionReason::Complained, at(1))
    );
    assert_eq!(found.note.as_deref(), Some("feedback loop"));
    assert_eq!(store.suppressed().unwrap(), [(one.key(), SuppressionReason::Complained)].into());
    assert!(!store.unsuppress(&other).unwrap());
    assert!(store.welcome_back(&other, SuppressionReason::Complained, at(3)).unwrap());
    assert!(!store.unsuppress(&one).unwrap());
    assert_eq!(store.suppression_of(&one).unwrap(), None);
}
