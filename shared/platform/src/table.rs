//! The table: reading and writing items as typed values.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use lambda_runtime::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::aws::Aws;
use crate::failure::{Failure, aws_failure};
use crate::keys::Key;
use crate::settings;

/// An item as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// The one table.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: String,
}

/// What a put asks of the item that is there.
#[derive(Debug, Clone, Copy)]
pub enum Unless {
    /// Overwrites whatever is there.
    Anything,
    /// There must be nothing.
    Exists,
    /// The item there must have this `version`; version 0 is nothing there yet.
    VersionIsNot(u64),
    /// The item there must have this `status`: for items whose only change is from one status to another.
    StatusIsNot(&'static str),
}

/// What replacing an item came to.
#[derive(Debug)]
pub enum Replaced<T> {
    /// It is written.
    Written,
    /// Somebody else was faster: what is there now.
    Current(Option<T>),
}

impl Table {
    /// The table that `PONTE_TABLE` names.
    pub fn from_env(aws: &Aws) -> Result<Self, Error> {
        Ok(Self::new(aws.dynamodb(), settings::required("PONTE_TABLE")?))
    }

    /// A table by name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The SDK's client, for transactions that the ledger builds.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One item, as it is now.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Failure> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .consistent_read(true)
            .send()
            .await;
        let answer = answer.map_err(|error| aws_failure("GetItem", &error))?;
        answer.item.map(|item| read(&key.sk, item)).transpose()
    }

    /// Several items in one round trip, as they are now, in the order of `keys`.
    pub async fn get_many<const N: usize>(&self, keys: [&Key; N]) -> Result<[Option<Item>; N], Failure> {
        let mut found: Vec<Item> = Vec::with_capacity(N);
        let mut wanted: Vec<Item> = keys.iter().map(|key| key_item(key)).collect();
        // DynamoDB may answer a part only; a few small items take one turn in practice.
        for _ in 0..4 {
            let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let request = request.map_err(|error| Failure::Bug(error.to_string()))?;
            let answer = self.client.batch_get_item().request_items(&self.name, request).send().await;
            let answer = answer.map_err(|error| aws_failure("BatchGetItem", &error))?;
            found.extend(answer.responses.unwrap_or_default().into_values().flatten());
            let left = answer.unprocessed_keys.unwrap_or_default().remove(&self.name);
            let Some(left) = left.filter(|left| !left.keys.is_empty()) else {
                return Ok(keys.map(|key| take_item(&mut found, key)));
            };
            wanted = left.keys;
        }
        Err(Failure::Unavailable("BatchGetItem: keys stay unprocessed".into()))
    }

    /// Writes one item under a condition. `false` when the condition does not hold.
    pub async fn put<T: Serialize>(&self, key: &Key, value: &T, unless: Unless) -> Result<bool, Failure> {
        let answer = self.put_item(key, value, unless)?.send().await;
        match answer {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(aws_failure("PutItem", &error)),
        }
    }

    /// Replaces an item that still has the version read (0: none yet). When it does not, the failure itself brings what
    /// is there now: no extra read.
    pub async fn replace<T: Serialize + DeserializeOwned>(
        &self,
        key: &Key,
        value: &T,
        read_version: u64,
    ) -> Result<Replaced<T>, Failure> {
        let answer = self
            .put_item(key, value, Unless::VersionIsNot(read_version))?
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Replaced::Written),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => {
                let current = match error.into_err() {
                    PutItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                };
                Ok(Replaced::Current(read_optional(&key.sk, current)?))
            }
            Err(error) => Err(aws_failure("PutItem", &error)),
        }
    }

    fn put_item<T: Serialize>(&self, key: &Key, value: &T, unless: Unless) -> Result<PutItemFluentBuilder, Failure> {
        let (condition, values) = condition(unless);
        Ok(self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item(key, value)?))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names(unless))
            .set_expression_attribute_values(values))
    }

    /// Deletes one item; deleting nothing is fine.
    pub async fn delete(&self, key: &Key) -> Result<(), Failure> {
        let answer = self.client.delete_item().table_name(&self.name).set_key(Some(key_item(key))).send().await;
        answer.map(drop).map_err(|error| aws_failure("DeleteItem", &error))
    }

    /// All items of a partition whose sort key starts with `prefix`, at most `limit`, in order.
    pub async fn query<T: DeserializeOwned>(&self, pk: &str, prefix: &str, limit: usize) -> Result<Vec<T>, Failure> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let mut request =
                self.client.query().table_name(&self.name).consistent_read(true).set_exclusive_start_key(start);
            request = request.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
            request = if prefix.is_empty() {
                request.key_condition_expression("pk = :pk")
            } else {
                let prefix = AttributeValue::S(prefix.to_owned());
                request
                    .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                    .expression_attribute_values(":prefix", prefix)
            };
            let answer = request.send().await.map_err(|error| aws_failure("Query", &error))?;
            for item in answer.items.unwrap_or_default() {
                found.push(read(pk, item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() || found.len() >= limit {
                found.truncate(limit);
                return Ok(found);
            }
        }
    }

    /// Sets one text attribute of an item that is there, as a part of a transaction.
    pub fn transact_set_text(&self, key: &Key, attribute: &str, value: &str) -> Result<TransactWriteItem, Failure> {
        set_text(key, &self.name, attribute, value)
    }

    /// One page of a partition, in order of the sort key: up to `limit` items after the sort key `after`.
    /// The second part is where the next page starts, when there may be more.
    pub async fn query_page<T: DeserializeOwned>(
        &self,
        pk: &str,
        after: Option<&str>,
        limit: u16,
    ) -> Result<(Vec<T>, Option<String>), Failure> {
        let request = self.client.query().table_name(&self.name).consistent_read(true).limit(i32::from(limit.max(1)));
        let request = request.expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
        let request = match after {
            None => request.key_condition_expression("pk = :pk"),
            // A condition on the key rather than a start key: whatever text a caller sends, it is only a text to compare.
            Some(after) => {
                let after = AttributeValue::S(after.to_owned());
                request
                    .key_condition_expression("pk = :pk AND sk > :after")
                    .expression_attribute_values(":after", after)
            }
        };
        let answer = request.send().await.map_err(|error| aws_failure("Query", &error))?;
        let next =
            answer.last_evaluated_key.and_then(|mut last| last.remove("sk")).and_then(|sk| sk.as_s().ok().cloned());
        let items =
            answer.items.unwrap_or_default().into_iter().map(|item| read(pk, item)).collect::<Result<_, _>>()?;
        Ok((items, next))
    }

    /// Writes several items or none, for what is not a posting (those go through `ledger_store`). `false` when a condition
    /// does not hold, or somebody else is writing one of the items right now.
    pub async fn put_all(&self, items: Vec<TransactWriteItem>) -> Result<bool, Failure> {
        let answer = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = answer else { return Ok(true) };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
            return Err(aws_failure("TransactWriteItems", &error));
        };
        let reasons = || canceled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        if let Some(reason) =
            canceled.cancellation_reasons().iter().find(|reason| reason.code() == Some("ValidationError"))
        {
            return Err(Failure::Bug(format!("a transaction is not valid: {}", reason.message().unwrap_or_default())));
        }
        if reasons().any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict")) {
            return Ok(false);
        }
        Err(Failure::Unavailable(format!("TransactWriteItems: {}", reasons().collect::<Vec<_>>().join(", "))))
    }

    /// A deletion as a part of a transaction.
    pub fn transact_delete(&self, key: &Key, unless: Unless) -> Result<TransactWriteItem, Failure> {
        let (condition, values) = condition(unless);
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(key)))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names(unless))
            .set_expression_attribute_values(values)
            .build();
        let delete = delete.map_err(|error| Failure::Bug(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// A put as a part of a transaction. When its condition fails, the failure carries the item that is there.
    pub fn transact_put<T: Serialize>(
        &self,
        key: &Key,
        value: &T,
        unless: Unless,
    ) -> Result<TransactWriteItem, Failure> {
        let (condition, values) = condition(unless);
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item(key, value)?))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names(unless))
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        let put = put.map_err(|error| Failure::Bug(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

fn set_text(key: &Key, table: &str, attribute: &str, value: &str) -> Result<TransactWriteItem, Failure> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(key_item(key)))
        .update_expression("SET #attribute = :value")
        .condition_expression("attribute_exists(pk)")
        .expression_attribute_names("#attribute", attribute)
        .expression_attribute_values(":value", AttributeValue::S(value.to_owned()))
        .build();
    let update = update.map_err(|error| Failure::Bug(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn condition(unless: Unless) -> (Option<String>, Option<Item>) {
    match unless {
        Unless::Anything => (None, None),
        Unless::Exists | Unless::VersionIsNot(0) => (Some("attribute_not_exists(pk)".into()), None),
        Unless::VersionIsNot(version) => {
            let values = HashMap::from([(":read".to_owned(), AttributeValue::N(version.to_string()))]);
            (Some("#version = :read".into()), Some(values))
        }
        Unless::StatusIsNot(status) => {
            let values = HashMap::from([(":read".to_owned(), AttributeValue::S(status.to_owned()))]);
            (Some("#status = :read".into()), Some(values))
        }
    }
}

fn names(unless: Unless) -> Option<HashMap<String, String>> {
    let name = match unless {
        Unless::VersionIsNot(1..) => "version",
        Unless::StatusIsNot(_) => "status",
        Unless::Anything | Unless::Exists | Unless::VersionIsNot(0) => return None,
    };
    Some(HashMap::from([(format!("#{name}"), name.to_owned())]))
}

fn key_item(key: &Key) -> Item {
    HashMap::from([
        ("pk".to_owned(), AttributeValue::S(key.pk.clone())),
        ("sk".to_owned(), AttributeValue::S(key.sk.clone())),
    ])
}

fn item<T: Serialize>(key: &Key, value: &T) -> Result<Item, Failure> {
    let mut item: Item =
        serde_dynamo::to_item(value).map_err(|error| Failure::Bug(format!("{} cannot be stored: {error}", key.sk)))?;
    item.extend(key_item(key));
    Ok(item)
}

/// Reads an item as a typed value.
pub fn read<T: DeserializeOwned>(what: &str, item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|error| Failure::unreadable(what, &error))
}

/// Reads an item that may not be there.
pub fn read_optional<T: DeserializeOwned>(what: &str, item: Option<Item>) -> Result<Option<T>, Failure> {
    item.map(|item| read(what, item)).transpose()
}

fn take_item(found: &mut Vec<Item>, key: &Key) -> Option<Item> {
    let wanted = key_item(key);
    let position = found.iter().position(|item| wanted.iter().all(|(name, value)| item.get(name) == Some(value)))?;
    Some(found.swap_remove(position))
}
