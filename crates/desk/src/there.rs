//! What is done at the server alone, and waits in no outbox.

use std::sync::Arc;
use std::time::Duration;

use client::{ClientError, Session};
use domain::id::{OperationId, OrganizationId};

use crate::Desk;
use crate::error::DeskError;
use crate::open::OpenConnection;

/// How often, and how long apart, the server is asked where its answer was lost.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(400);
/// The server has to be asked, and was not reached.
pub(crate) fn at_server(error: ClientError) -> DeskError {
    match error {
        ClientError::Problem(_) => DeskError::Client(error),
        away => DeskError::NeedsServer(away),
    }
}

/// The server's side of the open connection.
pub(crate) struct There {
    pub(crate) open: Arc<OpenConnection>,
    pub(crate) session: Session,
    pub(crate) organization: OrganizationId,
    pub(crate) operation: OperationId,
}

impl Desk {
    pub(crate) fn there(&self) -> Result<There, DeskError> {
        let open = self.current()?;
        if open.record().left {
            return Err(DeskError::Refused(format!(
                "you are not a member of {} any more",
                open.record().organization_name
            )));
        }
        let session = open.engine.session()?;
        let (organization, now) = (open.record().organization_id, self.now());
        let operation = self.with_entropy(|entropy| OperationId::make(now, entropy));
        Ok(There {
            open,
            session,
            organization,
            operation,
        })
    }
}

/// Asks until it is known how it went: the same operation is carried out once, however often it is asked. A person who
/// tries again after a lost answer would move the same credit twice.
pub(crate) async fn asked<T, F: Future<Output = Result<T, ClientError>>>(
    ask: impl Fn() -> F,
) -> Result<T, DeskError> {
    let (mut tried, mut may_be_done) = (1, false);
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        // Not reached now says nothing of the times before.
        may_be_done |= error.may_have_arrived();
        if !may_be_done || !error.is_passing() {
            return Err(at_server(error));
        }
        if tried == TRIES {
            return Err(DeskError::AnswerLost(error));
        }
        tried += 1;
        tokio::time::sleep(PAUSE).await;
    }
}
