//! The engine's jobs, run in the order they came.

use boa_engine::error::EngineError;
use boa_engine::job::{Job, JobExecutor, NativeAsyncJob};
use boa_engine::{Context, JsResult, JsValue};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The queue. Promise reactions and module loading wait here; timers and tool calls have their own places.
#[derive(Default)]
pub(crate) struct Jobs(RefCell<VecDeque<Job>>);

impl JobExecutor for Jobs {
    fn enqueue_job(self: Rc<Self>, job: Job, _context: &mut Context) {
        // Callbacks of a FinalizationRegistry may be left out (ECMA-262, 9.9.4.1): a run is short.
        if !matches!(job, Job::FinalizationRegistryCleanupJob(_)) {
            self.0.borrow_mut().push_back(job);
        }
    }

    /// Runs until nothing is left, or until a job fails: the engine gave up, or a bare callback threw.
    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        loop {
            let Some(job) = self.0.borrow_mut().pop_front() else { return Ok(()) };
            run(job, context)?;
            context.clear_kept_objects();
            // An async function turns the engine's refusal into a rejection and would go on.
            if context.instructions_remaining() == 0 {
                return Err(EngineError::NoInstructionsRemain.into());
            }
        }
    }
}

fn run(job: Job, context: &mut Context) -> JsResult<JsValue> {
    match job {
        Job::PromiseJob(job) => job.call(context),
        Job::GenericJob(job) => job.call(context),
        Job::AsyncJob(job) => run_at_once(job, context),
        Job::TimeoutJob(job) => job.call(context),
        Job::IntervalJob(job) => job.call(context),
        _ => Ok(JsValue::undefined()),
    }
}

/// Our module loader blocks on the socket and never yields, so its jobs are done after one poll.
fn run_at_once(job: NativeAsyncJob, context: &mut Context) -> JsResult<JsValue> {
    let context = RefCell::new(context);
    let mut future = pin!(job.call(&context));
    match future.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(boa_engine::error::PanicError::new("a job waits for nothing").into()),
    }
}
