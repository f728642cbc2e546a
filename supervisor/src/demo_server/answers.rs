//! What the shop answers, from its books.

use std::sync::{Mutex, PoisonError};

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::data::{Books, Document, Invoice, Order};
use super::offers;

/// Most entries of one page.
pub(super) const MAX_LIMIT: usize = 500;
/// Longest export, bytes.
pub(super) const MAX_EXPORT: usize = 32 << 20;
/// Longest time a report takes, seconds.
pub(super) const MAX_SECONDS: f64 = 600.0;
/// Most refunds that are remembered.
const MAX_REFUNDS: usize = 10_000;
/// Longest reason of a refund, characters.
const MAX_REASON: usize = 500;
/// A result of more entries is told as text in one line only: its structure says it all, and twice the bytes
/// would say nothing more.
const SPELT_OUT: usize = 100;

/// The shop: its books, the long lists ready to be sent, and what was refunded since the start.
pub(super) struct Shop {
    books: Books,
    all_customers: Value,
    all_orders: Value,
    refunds: Mutex<Vec<Refund>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Refund {
    id: String,
    order_id: String,
    amount_cents: u64,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    all: bool,
    #[serde(default = "Page::first")]
    page: usize,
    #[serde(default = "Page::usual")]
    limit: usize,
    #[serde(default)]
    unpaid_only: bool,
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ById {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Search {
    customer_id: Option<String>,
    status: Option<String>,
    from: Option<String>,
    to: Option<String>,
    min_cents: Option<u64>,
    max_cents: Option<u64>,
    #[serde(default = "Page::usual")]
    limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RefundRequest {
    order_id: String,
    amount_cents: u64,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    bytes: Option<usize>,
}

impl Page {
    fn first() -> usize {
        1
    }

    fn usual() -> usize {
        50
    }
}

impl Shop {
    pub(super) fn open() -> Self {
        let books = Books::open();
        let all = |what: &str, entries: Value, total: usize| json!({ what: entries, "total": total, "page": 1, "pages": 1 });
        let all_customers = all("customers", json!(books.customers), books.customers.len());
        let all_orders = all("orders", json!(books.orders), books.orders.len());
        Self { books, all_customers, all_orders, refunds: Mutex::default() }
    }

    /// Answers a call; `None` where there is no such tool. An error is for the caller to read.
    pub(super) fn answer(&self, tool: &str, arguments: JsonObject) -> Option<Result<CallToolResult, String>> {
        Some(match tool {
            "list_customers" => {
                page(arguments, "customers", &self.books.customers, Some(&self.all_customers), |_, _| true)
            }
            "list_orders" => {
                page(arguments, "orders", &self.books.orders, Some(&self.all_orders), |_, _| true)
            }
            "list_invoices" => page(arguments, "invoices", &self.books.invoices, None, unpaid),
            "list_documents" => page(arguments, "documents", &self.books.documents, None, of_kind),
            "get_customer" => {
                one(arguments, "customer", &self.books.customers, |each| &each.id, |each| json!(each))
            }
            "get_order" => {
                one(arguments, "order", &self.books.orders, |each| &each.id, |each| self.in_full(each))
            }
            "get_invoice" => {
                one(arguments, "invoice", &self.books.invoices, |each| &each.id, |each| json!(each))
            }
            "get_document" => one(arguments, "document", &self.books.documents, |each| &each.id, with_text),
            "search_orders" => self.search(arguments),
            "create_refund" => self.refund(arguments),
            "export_orders" => self.export(arguments),
            "get_logo" => logo(arguments),
            _ => return None,
        })
    }

    /// What all orders that were not cancelled come to, cents.
    pub(super) fn revenue(&self) -> u64 {
        self.books.invoices.iter().map(|invoice| invoice.amount_cents).sum()
    }

    /// The order of this id, with all that is known of it.
    pub(super) fn order(&self, id: &str) -> Option<Value> {
        let order = self.books.orders.iter().find(|order| order.id == id);
        order.map(|order| self.in_full(order))
    }

    fn in_full(&self, order: &Order) -> Value {
        let mut full = json!(order);
        full["items"] = json!(order.items);
        full["refundedCents"] =
            json!(self.refunded(&self.refunds.lock().unwrap_or_else(PoisonError::into_inner), order));
        full
    }

    fn refunded(&self, refunds: &[Refund], order: &Order) -> u64 {
        refunds.iter().filter(|refund| refund.order_id == order.id).map(|refund| refund.amount_cents).sum()
    }

    fn search(&self, arguments: JsonObject) -> Result<CallToolResult, String> {
        let search: Search = read(arguments)?;
        check_limit(search.limit)?;
        let matches = |order: &&Order| {
            search.customer_id.as_ref().is_none_or(|id| *id == order.customer_id)
                && search.status.as_deref().is_none_or(|status| status == order.status)
                && search.from.as_ref().is_none_or(|from| order.date >= *from)
                && search.to.as_ref().is_none_or(|to| order.date <= *to)
                && search.min_cents.is_none_or(|cents| order.total_cents >= cents)
                && search.max_cents.is_none_or(|cents| order.total_cents <= cents)
        };
        let found: Vec<_> = self.books.orders.iter().filter(matches).collect();
        let total = found.len();
        let orders: Vec<_> = found.into_iter().take(search.limit).collect();
        Ok(told(json!({ "orders": orders, "total": total }), orders.len()))
    }

    fn refund(&self, arguments: JsonObject) -> Result<CallToolResult, String> {
        let RefundRequest { order_id, amount_cents, reason } = read(arguments)?;
        let order = self.books.orders.iter().find(|order| order.id == order_id);
        let order = order.ok_or_else(|| format!("there is no order {order_id}"))?;
        let mut refunds = self.refunds.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |refund: &&Refund| {
            refund.order_id == order_id && refund.amount_cents == amount_cents && refund.reason == reason
        };
        if let Some(refund) = refunds.iter().find(same) {
            return Ok(CallToolResult::structured(json!(refund)));
        }
        let left = order.total_cents - self.refunded(&refunds, order);
        if !(1..=left).contains(&amount_cents) {
            return Err(format!("of {order_id}, 1 to {left} cents can be refunded, not {amount_cents}"));
        }
        if refunds.len() >= MAX_REFUNDS || reason.chars().count() > MAX_REASON {
            return Err(format!("at most {MAX_REFUNDS} refunds, with a reason of {MAX_REASON} characters"));
        }
        let refund = Refund { id: format!("R-{:05}", refunds.len() + 1), order_id, amount_cents, reason };
        refunds.push(refund.clone());
        Ok(CallToolResult::structured(json!(refund)))
    }

    fn export(&self, arguments: JsonObject) -> Result<CallToolResult, String> {
        let Export { bytes } = read(arguments)?;
        if bytes.is_some_and(|bytes| !(1..=MAX_EXPORT).contains(&bytes)) {
            return Err(format!("bytes are from 1 to {MAX_EXPORT}"));
        }
        let mut csv = String::with_capacity(bytes.unwrap_or_default());
        csv.push_str("id,customerId,date,status,totalCents\n");
        let mut rows = 0;
        let mut orders = self.books.orders.iter().cycle();
        while bytes.map_or(rows < self.books.orders.len(), |bytes| csv.len() < bytes) {
            let Some(Order { id, customer_id, date, status, total_cents, .. }) = orders.next() else {
                break;
            };
            csv.push_str(&format!("{id},{customer_id},{date},{status},{total_cents}\n"));
            rows += 1;
        }
        Ok(told(json!({ "csv": csv, "rows": rows }), rows))
    }
}

fn logo(arguments: JsonObject) -> Result<CallToolResult, String> {
    let Nothing {} = read(arguments)?;
    let (data, media_type) = offers::logo();
    Ok(CallToolResult::success(vec![ContentBlock::image(data, media_type)]))
}

fn unpaid(invoice: &Invoice, page: &Page) -> bool {
    !(page.unpaid_only && invoice.paid)
}

fn of_kind(document: &Document, page: &Page) -> bool {
    page.kind.as_deref().is_none_or(|kind| kind == document.kind)
}

fn with_text(document: &Document) -> Value {
    let mut full = json!(document);
    full["text"] = json!(document.text);
    full["words"] = json!(document.text.split_whitespace().count());
    full
}

fn page<T: Serialize>(
    arguments: JsonObject,
    what: &str,
    entries: &[T],
    ready: Option<&Value>,
    wanted: fn(&T, &Page) -> bool,
) -> Result<CallToolResult, String> {
    let asked: Page = read(arguments)?;
    if let (true, Some(ready)) = (asked.all, ready) {
        return Ok(told(ready.clone(), entries.len()));
    }
    let entries: Vec<_> = entries.iter().filter(|entry| wanted(entry, &asked)).collect();
    let total = entries.len();
    if asked.all {
        return Ok(told(json!({ what: entries, "total": total, "page": 1, "pages": 1 }), total));
    }
    check_limit(asked.limit)?;
    let pages = total.div_ceil(asked.limit).max(1);
    if !(1..=pages).contains(&asked.page) {
        return Err(format!("there are pages 1 to {pages} of {} each, not {}", asked.limit, asked.page));
    }
    let entries: Vec<_> =
        entries.into_iter().skip((asked.page - 1) * asked.limit).take(asked.limit).collect();
    let shown = entries.len();
    Ok(told(json!({ what: entries, "total": total, "page": asked.page, "pages": pages }), shown))
}

fn one<T>(
    arguments: JsonObject,
    what: &str,
    entries: &[T],
    id_of: impl Fn(&T) -> &String,
    in_full: impl Fn(&T) -> Value,
) -> Result<CallToolResult, String> {
    let ById { id } = read(arguments)?;
    let found = entries.iter().find(|entry| *id_of(entry) == id);
    found
        .map(|entry| CallToolResult::structured(in_full(entry)))
        .ok_or_else(|| format!("there is no {what} {id}"))
}

fn check_limit(limit: usize) -> Result<(), String> {
    if (1..=MAX_LIMIT).contains(&limit) {
        Ok(())
    } else {
        Err(format!("limit is from 1 to {MAX_LIMIT}, not {limit}"))
    }
}

fn told(structure: Value, entries: usize) -> CallToolResult {
    if entries <= SPELT_OUT {
        return CallToolResult::structured(structure);
    }
    let mut result = CallToolResult::success(vec![ContentBlock::text(format!(
        "{entries} entries, see structuredContent"
    ))]);
    result.structured_content = Some(structure);
    result
}

pub(super) fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| format!("wrong arguments: {error}"))
}
