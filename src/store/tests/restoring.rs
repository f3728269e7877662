use super::*;
use crate::audience::SuppressionReason;

/// A state with a campaign in each stage, and a backup of it made at 100 s.
fn backed_up() -> (TempDir, [CampaignId; 5], PathBuf) {
    let (dir, store) = new_store();
    let planned = store.plan(&issue(), readers(2), &[]).unwrap();
    let due = store.plan(&NewCampaign { due: Some(at(500)), ..issue() }, readers(2), &[]).unwrap();
    let [sending, finished, cancelled] = [(); 3].map(|()| begun(&store, 2));
    for number in 0..2 {
        let sql = "UPDATE delivery SET state = 3 WHERE campaign = ?1 AND number = ?2";
        store.with(|connection| Ok(connection.execute(sql, (finished.0, number))?)).unwrap();
    }
    assert!(store.set_state(finished, CampaignState::Finished, None, at(2)).unwrap());
    assert!(store.set_state(cancelled, CampaignState::Cancelled, None, at(2)).unwrap());
    store.suppress(&address(7), SuppressionReason::Manual, None, at(3)).unwrap();
    let file = dir.path().join("backup.db");
    store.backup(&file, at(100), &[]).unwrap();
    (dir, [planned, due, sending, finished, cancelled], file)
}

fn restore(file: &Path, dir: &Path) -> Result<Restored, StoreError> {
    Store::restore(file, dir, NEWSLETTER, Durability::Process, at(200), &mut |_, _| Ok(()))
}

#[test]
fn links_written_with_every_key_are_read_after_a_backup_that_knows_it() {
    use crate::audience::Claim;
    let (dir, store) = new_store();
    let claim = Claim::Leave(address(1));
    let written = |store: &Store| store.tokens(NEWSLETTER).unwrap().write(&claim);
    let read = |store: &Store, token: &str| store.tokens(NEWSLETTER).unwrap().read(token);
    let first = written(&store);
    let (early, late) = (dir.path().join("early.db"), dir.path().join("late.db"));
    store.backup(&early, at(100), &[]).unwrap();
    store.renew_link_key([8; 32], at(101)).unwrap();
    let second = written(&store);
    store.backup(&late, at(102), &[]).unwrap();
    let [early, late] =
        [(early, "a"), (late, "b")].map(|(file, name)| restore(&file, &dir.path().join(name)).unwrap().store);
    assert_eq!([&first, &second].map(|token| read(&late, token)), [Some(claim.clone()), Some(claim.clone())]);
    assert_eq!(written(&late), second);
    // Why a backup is to be made as soon as there is a new key.
    assert_eq!([&first, &second].map(|token| read(&early, token)), [Some(claim.clone()), None]);
}

#[test]
fn what_was_not_finished_at_the_backup_is_held_and_what_was_is_not() {
    let (dir, [planned, due, sending, finished, cancelled], file) = backed_up();
    let new = dir.path().join("new");
    let restored = restore(&file, &new).unwrap();
    assert_eq!(restored.backup, at(100));
    assert_eq!(restored.held.iter().map(|one| one.id).collect::<Vec<_>>(), [planned, due, sending]);
    let store = restored.store;
    assert_eq!(store.key(), &[7; 32]);
    assert_eq!(store.suppressions().unwrap().len(), 1);
    assert_eq!(store.standing().unwrap().restored, Some(at(100)));
    let state = |id| store.campaign(id).unwrap().unwrap().state;
    assert_eq!(
        [planned, due, sending, finished, cancelled].map(state),
        [
            CampaignState::Planned,
            CampaignState::Paused,
            CampaignState::Paused,
            CampaignState::Finished,
            CampaignState::Cancelled
        ]
    );
    let names: Vec<_> = fs::read_dir(&new).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name == "restore.db"), "{names:?}");
    for id in [planned, due, sending] {
        let refused = store.set_state(id, CampaignState::Sending, None, at(201));
        assert!(matches!(refused, Err(StoreError::Held { .. })), "{refused:?}");
        assert!(store.let_go(id).unwrap());
        assert!(store.set_state(id, CampaignState::Sending, None, at(202)).unwrap());
        assert!(!store.let_go(id).unwrap());
    }
    store.answer_for_restored().unwrap();
    assert_eq!(store.standing().unwrap().restored, None);
}

#[test]
fn a_backup_replaces_no_state_and_nothing_a_state_left_behind() {
    let (dir, _, file) = backed_up();
    let path = dir.path().join(DATABASE);
    assert_eq!(restore(&file, dir.path()).unwrap_err(), StoreError::Exists { path });
    // The log of another database would be replayed into the new one.
    let new = dir.path().join("new");
    fs::create_dir(&new).unwrap();
    let log = new.join("state.db-wal");
    fs::write(&log, "frames").unwrap();
    assert_eq!(restore(&file, &new).unwrap_err(), StoreError::Exists { path: log.clone() });
    fs::remove_file(log).unwrap();
    // Mail that was caught on this machine lies there too.
    fs::create_dir(new.join("inbox")).unwrap();
    restore(&file, &new).unwrap();
}

#[test]
fn what_is_no_sound_backup_of_this_newsletter_is_refused_and_leaves_nothing() {
    let (dir, _, file) = backed_up();
    let new = dir.path().join("new");
    let refused = |file: &Path, newsletter: &str| {
        let refused =
            Store::restore(file, &new, newsletter, Durability::Process, at(200), &mut |_, _| Ok(()))
                .unwrap_err();
        assert!(!new.exists(), "{refused}");
        refused
    };
    let absent = dir.path().join("absent.db");
    assert_eq!(refused(&absent, NEWSLETTER), StoreError::NoBackup { path: absent.clone() });
    let other = refused(&file, "herald");
    assert_eq!(other, StoreError::OtherNewsletter { found: NEWSLETTER.to_owned() });
    let whole = fs::read(&file).unwrap();
    let written = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let mut scratched = whole.clone();
    // Into the pages behind the first, which the header says nothing of.
    for byte in scratched.iter_mut().skip(4_096).step_by(61) {
        *byte ^= 0x5a;
    }
    let diary = written("diary.db", b"Dear diary, today it rained.");
    assert_eq!(refused(&diary, NEWSLETTER), StoreError::NotABackup { path: diary.clone() });
    for bytes in [&b""[..], &whole[..whole.len() / 2], &scratched] {
        let damaged = written("damaged.db", bytes);
        let refused = refused(&damaged, NEWSLETTER);
        assert!(matches!(&refused, StoreError::Damaged { path, .. } if *path == damaged), "{refused:?}");
    }
    let newer = written("newer.db", &whole);
    Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    assert_eq!(refused(&newer, NEWSLETTER), StoreError::Newer { version: 9 });
}

#[test]
fn nothing_is_restored_where_somebody_still_sends() {
    let (dir, _, file) = backed_up();
    let store = Store::open(dir.path(), NEWSLETTER, Durability::Process).unwrap();
    let _sending = store.sending(at(150)).unwrap();
    for name in [DATABASE, "state.db-wal", "state.db-shm"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    assert!(matches!(restore(&file, dir.path()), Err(StoreError::Busy { .. })));
    assert!(!dir.path().join(DATABASE).exists());
}

#[test]
fn a_backup_knows_when_it_was_made_and_one_that_failed_does_not_count() {
    let (dir, store) = new_store();
    assert_eq!(store.standing().unwrap().backup, None);
    let to = dir.path().join("backup.db");
    store.backup(&to, at(9), &[]).unwrap();
    assert_eq!(store.standing().unwrap().backup, Some(at(9)));
    assert!(store.backup(&to, at(10), &[]).is_err());
    assert!(store.backup(&dir.path().join("no/such/folder.db"), at(10), &[]).is_err());
    assert_eq!(store.standing().unwrap().backup, Some(at(9)));
}

/// What the backup `file` hands over when it is restored in `dir`.
fn carried(file: &Path, dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut carried = Vec::new();
    let mut keep = |name: &str, bytes: &[u8]| {
        carried.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    };
    Store::restore(file, dir, NEWSLETTER, Durability::Process, at(200), &mut keep).unwrap();
    carried
}

#[test]
fn a_backup_copied_into_place_can_be_backed_up_and_loses_nothing_it_carried() {
    let (dir, store) = new_store();
    let path = |name: &str| dir.path().join(name);
    for name in ["sand", "dune"] {
        fs::write(path(name), name).unwrap();
    }
    let beside = |name: &str| (name.to_owned(), path(name));
    assert_eq!(store.backup(&path("first.db"), at(1), &[beside("sand")]).unwrap(), []);
    fs::create_dir(path("copied")).unwrap();
    fs::copy(path("first.db"), path("copied").join(DATABASE)).unwrap();
    let copied = Store::open(&path("copied"), NEWSLETTER, Durability::Process).unwrap();
    assert_eq!(copied.backup(&path("second.db"), at(2), &[]).unwrap(), []);
    fs::write(path("sand"), "new sand").unwrap();
    copied.backup(&path("third.db"), at(3), &[beside("sand"), beside("dune")]).unwrap();
    let file = |name: &str, bytes: &str| (name.to_owned(), bytes.as_bytes().to_vec());
    assert_eq!(carried(&path("second.db"), &path("second")), [file("sand", "sand")]);
    let both = [file("dune", "dune"), file("sand", "new sand")];
    assert_eq!(carried(&path("third.db"), &path("third")), both);
    // A restored state has them no more.
    let third = Store::open(&path("third"), NEWSLETTER, Durability::Process).unwrap();
    third.backup(&path("fourth.db"), at(4), &[]).unwrap();
    assert_eq!(carried(&path("fourth.db"), &path("fourth")), []);
}

#[test]
fn what_cannot_be_read_is_left_out_of_a_backup_and_named() {
    let (dir, store) = new_store();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("sand"), "sand").unwrap();
    fs::create_dir(path("folder")).unwrap();
    let beside = ["folder", "gone", "sand"].map(|name| (name.to_owned(), path(name)));
    let left_out = store.backup(&path("backup.db"), at(1), &beside).unwrap();
    let left_out: Vec<_> = left_out.into_iter().map(|one| (one.path, one.reason)).collect();
    assert_eq!(left_out[0], (path("folder"), "it is not a file".to_owned()));
    assert_eq!((left_out.len(), &left_out[1].0), (2, &path("gone")));
    assert_eq!(carried(&path("backup.db"), &path("new")), [("sand".to_owned(), b"sand".to_vec())]);
    assert_eq!(store.standing().unwrap().backup, Some(at(1)));
}
