//! Killed while many leave: nobody who was told that they left stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// How many leave at once.
const CROWD: usize = 200;

#[test]
fn killed_in_the_middle_of_many_posts_it_loses_none_that_it_answered() {
    let mut cut_off = 0;
    // So many answers come before the end.
    for answers in [0, 1, 5, 20, 60, 120, 180, 195] {
        let mut serving = Serving::start();
        let tokens = serving.tokens();
        let answered = Arc::new(AtomicUsize::new(0));
        let (told, heard) = std::sync::mpsc::channel();
        let crowd: Vec<_> = (0..CROWD)
            .map(|number| {
                let (address, told) = (serving.readers, told.clone());
                let link = format!("/u/{}", tokens.write(&Claim::Leave(reader(number))));
                let answered = Arc::clone(&answered);
                std::thread::spawn(move || {
                    let Ok(stream) = TcpStream::connect(address) else { return false };
                    stream.set_read_timeout(Some(LONG)).unwrap();
                    let mut call = Call { stream: BufReader::new(stream) };
                    call.ask("POST", &link, &[], b"List-Unsubscribe=One-Click");
                    let _ = told.send(());
                    let is_answered = call.try_answer("POST").is_some_and(|answer| answer.status == 200);
                    answered.fetch_add(usize::from(is_answered), Ordering::SeqCst);
                    let _ = told.send(());
                    is_answered
                })
            })
            .collect();
        drop(told);
        // Somebody has asked.
        heard.recv().unwrap();
        while answered.load(Ordering::SeqCst) < answers {
            heard.recv().unwrap();
        }
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
        let promised: Vec<bool> = crowd.into_iter().map(|one| one.join().unwrap()).collect();
        cut_off += promised.iter().filter(|promised| !**promised).count();
        for (number, promised) in promised.iter().enumerate() {
            assert!(!promised || serving.has_left(number), "after {answers}: {number}");
        }
        // What was not promised may hold or not, and nobody else is touched.
        assert!(serving.store().suppressions().unwrap().len() <= CROWD);
    }
    assert!(cut_off > 0, "it was never killed in the middle");
}
