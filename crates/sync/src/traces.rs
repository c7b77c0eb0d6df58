//! Tells the server what was done with secrets here (K17), oldest first.

use protocol::problem::ProblemCode;

use crate::engine::Engine;
use crate::failpoint::reach;
use crate::status::RoundError;

impl Engine {
    /// Tells what can be told; whether anything was. What the server will not hear of, because the key is gone for this
    /// account, is let go: there is no record left for it.
    pub(crate) async fn tell_traces(&self) -> Result<bool, RoundError> {
        let mut told = false;
        for untold in self.replica_work(replica::Replica::traces_to_tell).await? {
            let id = untold.operation_id;
            let session = self.session()?;
            reach("trace.chosen");
            let answer = session
                .tell_trace(self.organization, id, untold.key_id, &untold.trace)
                .await;
            reach("trace.answered");
            match answer {
                Ok(_) => told = true,
                Err(error) if error.is_passing() || error.code() == Some(ProblemCode::SignedOut) => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            self.replica_work(move |replica| replica.forget_trace(id)).await?;
        }
        Ok(told)
    }
}
