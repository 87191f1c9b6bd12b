//! What k6's exit codes mean; they are the same in 1.1 and 2.2.

/// How k6 ended.
pub(crate) enum Exit {
    Done,
    /// The run was whole, and k6 says that it went wrong.
    Failed(&'static str),
    DidNotRun(&'static str),
}

/// The meaning of an exit code.
pub(crate) fn exit(code: i32) -> Exit {
    match code {
        0 => Exit::Done,
        99 => Exit::Failed("a threshold was crossed"),
        101 => Exit::Failed("teardown() took too long"),
        110 => Exit::Failed("the script called exec.test.fail()"),
        97 | 98 => Exit::DidNotRun("the cloud run did not succeed"),
        100 => Exit::DidNotRun("setup() took too long"),
        103 => Exit::DidNotRun("it was stopped over its REST API"),
        104 => Exit::DidNotRun(
            "its options are wrong, for example an unknown executor or a threshold on an unknown metric",
        ),
        105 => Exit::DidNotRun("it was interrupted"),
        106 => Exit::DidNotRun("its REST API could not listen on the address it was given"),
        107 => Exit::DidNotRun("the script threw an exception or imports what is not there"),
        108 => Exit::DidNotRun("the script called exec.test.abort()"),
        109 => Exit::DidNotRun("k6 itself crashed"),
        255 => {
            Exit::DidNotRun("a flag is wrong, the script is missing or an output cannot be opened")
        }
        _ => Exit::DidNotRun("a code that k6 does not document; its log says more"),
    }
}
