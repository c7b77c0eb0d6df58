//! How often each secret was used in each hour, from where. A measurement: no event, no change row.

use std::sync::LazyLock;

use domain::clock::Timestamp;
use domain::id::{KeyId, OrganizationId, SecretId};
use protocol::key::{AddressUses, HourUses, ServiceUses};
use uuid::Uuid;

use crate::error::StoreError;
use crate::link::{Connected, all, on, run};
use crate::open::Store;
use crate::read::Tx;
use crate::secret::{self, Use};

const HOUR: i64 = 3_600 * 1_000_000;

/// The beginning of the hour of a moment, UTC.
#[must_use]
pub const fn hour_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros() - at.as_micros().rem_euclid(HOUR))
}

static RECORD: LazyLock<[String; 2]> = LazyLock::new(|| {
    secret::for_rows(5, |rows, _| {
        format!(
            "INSERT INTO usage (organization_id, key_id, secret_id, hour, address, uses, last_at) \
             SELECT secret.organization_id, secret.key_id, secret.id, column2, column3, column4, column5 \
             FROM {rows} JOIN secret ON secret.id = column1 WHERE TRUE \
             ON CONFLICT (key_id, hour, secret_id, address) \
             DO UPDATE SET uses = usage.uses + excluded.uses, \
             last_at = CASE WHEN usage.last_at > excluded.last_at THEN usage.last_at ELSE excluded.last_at END"
        )
    })
});

/// Puts uses to their hours, in the transaction that counts them.
pub(crate) async fn record(tx: &mut Tx, uses: &[&Use]) -> Result<(), StoreError> {
    for some in secret::in_parts(uses) {
        let sql = secret::of_rows(&RECORD, some.len());
        on!(tx, connection => async {
            let mut query = sqlx::query::<Db>(sql);
            for used in some {
                query = query
                    .bind(used.secret.as_uuid())
                    .bind(hour_of(used.last_at).as_micros())
                    .bind(used.last_from.as_str())
                    .bind(used.count)
                    .bind(used.last_at.as_micros());
            }
            query.execute(connection).await.map(drop)
        })?;
    }
    Ok(())
}

/// How a key was used for a service and model since that was last put down, in the hour of `last_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUse {
    /// The key.
    pub key: KeyId,
    /// The service.
    pub service: String,
    /// The model; empty where requests named none.
    pub model: String,
    /// How often.
    pub count: i64,
    /// When last.
    pub last_at: Timestamp,
}

/// Puts uses of services to their hours. They are few: one for each key, service and model.
pub(crate) async fn record_services(tx: &mut Tx, uses: &[ServiceUse]) -> Result<(), StoreError> {
    // In one order everywhere, so that two nodes never wait for each other.
    let mut uses: Vec<&ServiceUse> = uses.iter().collect();
    uses.sort_by(|one, other| {
        (one.key, one.last_at, &one.service, &one.model).cmp(&(
            other.key,
            other.last_at,
            &other.service,
            &other.model,
        ))
    });
    for used in uses {
        run!(
            &mut *tx,
            "INSERT INTO service_usage (key_id, hour, service, model, uses, last_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (key_id, hour, service, model) \
             DO UPDATE SET uses = service_usage.uses + excluded.uses, \
             last_at = CASE WHEN service_usage.last_at > excluded.last_at THEN service_usage.last_at \
                            ELSE excluded.last_at END",
            used.key.as_uuid(),
            hour_of(used.last_at).as_micros(),
            used.service.as_str(),
            used.model.as_str(),
            used.count,
            used.last_at.as_micros(),
        )?;
    }
    Ok(())
}

/// How often a key was used since `from`, by service and model, the most used first.
///
/// # Errors
/// The database does not answer.
pub async fn services(
    connected: &mut impl Connected,
    key: KeyId,
    from: Timestamp,
) -> Result<Vec<ServiceUses>, StoreError> {
    let rows = all!(
        (String, String, i64, i64),
        connected,
        "SELECT service, model, CAST(SUM(uses) AS BIGINT), MAX(last_at) FROM service_usage \
         WHERE key_id = $1 AND hour >= $2 GROUP BY service, model ORDER BY 3 DESC, service, model",
        key.as_uuid(),
        from.as_micros(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(service, model, uses, last_at)| ServiceUses {
            service,
            model: Some(model).filter(|model| !model.is_empty()),
            uses,
            last_at: Timestamp::from_micros(last_at),
        })
        .collect())
}

/// How often a key of an organization was used since `from`, by secret and hour, oldest first.
///
/// # Errors
/// The database does not answer.
pub async fn hours(
    connected: &mut impl Connected,
    organization: OrganizationId,
    key: KeyId,
    from: Timestamp,
) -> Result<Vec<HourUses>, StoreError> {
    let rows = all!(
        (Uuid, i64, i64),
        connected,
        "SELECT secret_id, hour, CAST(SUM(uses) AS BIGINT) FROM usage \
         WHERE organization_id = $1 AND key_id = $2 AND hour >= $3 GROUP BY secret_id, hour ORDER BY hour, secret_id",
        organization.as_uuid(),
        key.as_uuid(),
        from.as_micros(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(secret, hour, uses)| HourUses {
            secret_id: SecretId::from_uuid(secret),
            hour: Timestamp::from_micros(hour),
            uses,
        })
        .collect())
}

/// How often a key of an organization was used since `from`, by secret and address, the most used first.
///
/// # Errors
/// The database does not answer.
pub async fn addresses(
    connected: &mut impl Connected,
    organization: OrganizationId,
    key: KeyId,
    from: Timestamp,
) -> Result<Vec<AddressUses>, StoreError> {
    let rows = all!(
        (Uuid, String, i64, i64),
        connected,
        "SELECT secret_id, address, CAST(SUM(uses) AS BIGINT), MAX(last_at) FROM usage \
         WHERE organization_id = $1 AND key_id = $2 AND hour >= $3 GROUP BY secret_id, address \
         ORDER BY 3 DESC, secret_id, address",
        organization.as_uuid(),
        key.as_uuid(),
        from.as_micros(),
    )?;
    Ok(rows
        .into_iter()
        .map(|(secret, address, uses, last_at)| AddressUses {
            secret_id: SecretId::from_uuid(secret),
            address,
            uses,
            last_at: Timestamp::from_micros(last_at),
        })
        .collect())
}

/// Removes what lies before `before`; answers how many hours.
///
/// # Errors
/// The database does not answer.
pub async fn remove_old(store: &Store, before: Timestamp) -> Result<u64, StoreError> {
    let mut tx = store.writing().await?;
    let removed = run!(&mut tx, "DELETE FROM usage WHERE hour < $1", before.as_micros())?;
    run!(
        &mut tx,
        "DELETE FROM service_usage WHERE hour < $1",
        before.as_micros()
    )?;
    tx.commit().await?;
    Ok(removed)
}
