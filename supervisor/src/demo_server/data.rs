//! The shop's books: always the same, made from one seed.

use serde::Serialize;

/// How many orders there are.
pub(super) const ORDERS: usize = 10_000;
/// How many customers there are.
pub(super) const CUSTOMERS: usize = 1_200;
/// How many documents there are.
pub(super) const DOCUMENTS: usize = 300;

const SEED: u64 = 0x0b1e_77e5;

const FIRST: [&str; 20] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Liam",
    "Mei", "Noor", "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tara",
];
const LAST: [&str; 20] = [
    "Almeida", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jensen",
    "Kaya", "Laurent", "Moretti", "Novak", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Weber",
];
const PLACES: [(&str, &str); 8] = [
    ("DE", "Hamburg"),
    ("FR", "Lyon"),
    ("IT", "Torino"),
    ("ES", "Bilbao"),
    ("PT", "Porto"),
    ("NL", "Utrecht"),
    ("PL", "Gdansk"),
    ("DK", "Aarhus"),
];
const ARTICLES: [(&str, u64); 10] = [
    ("desk lamp", 4_990),
    ("office chair", 28_900),
    ("notebook", 450),
    ("standing desk", 64_900),
    ("monitor arm", 11_900),
    ("keyboard", 8_490),
    ("headset", 12_900),
    ("whiteboard", 19_900),
    ("coffee machine", 84_900),
    ("door lock", 23_900),
];
/// What may have become of an order.
pub(super) const STATUSES: [&str; 4] = ["pending", "shipped", "delivered", "cancelled"];
/// What a document may be.
pub(super) const KINDS: [&str; 3] = ["complaint", "contract", "note"];

/// Everything the shop knows at its start.
pub(super) struct Books {
    pub(super) customers: Vec<Customer>,
    pub(super) orders: Vec<Order>,
    pub(super) invoices: Vec<Invoice>,
    pub(super) documents: Vec<Document>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) country: &'static str,
    pub(super) city: &'static str,
    pub(super) since: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) customer_id: String,
    pub(super) date: String,
    pub(super) status: &'static str,
    pub(super) total_cents: u64,
    #[serde(skip)]
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item {
    pub(super) article: &'static str,
    pub(super) quantity: u64,
    pub(super) price_cents: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) order_id: String,
    pub(super) customer_id: String,
    pub(super) issued: String,
    pub(super) amount_cents: u64,
    pub(super) paid: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) title: String,
    pub(super) customer_id: String,
    pub(super) order_id: String,
    #[serde(skip)]
    pub(super) text: String,
}

impl Books {
    pub(super) fn open() -> Self {
        let mut dice = Dice(SEED);
        let customers: Vec<_> = (1..=CUSTOMERS).map(|number| Customer::made(number, &mut dice)).collect();
        let orders: Vec<_> = (1..=ORDERS).map(|number| Order::made(number, &customers, &mut dice)).collect();
        let billed = orders.iter().filter(|order| order.status != "cancelled");
        let invoices =
            billed.enumerate().map(|(index, order)| Invoice::made(index + 1, order, &mut dice)).collect();
        let documents =
            (1..=DOCUMENTS).map(|number| Document::made(number, &customers, &orders, &mut dice)).collect();
        Self { customers, orders, invoices, documents }
    }
}

impl Customer {
    fn made(number: usize, dice: &mut Dice) -> Self {
        let (first, last) = (dice.pick(&FIRST), dice.pick(&LAST));
        let (country, city) = *dice.pick(&PLACES);
        Self {
            id: format!("C-{number:04}"),
            name: format!("{first} {last}"),
            email: format!("{}.{}{number}@example.com", first.to_lowercase(), last.to_lowercase()),
            country,
            city,
            since: dice.date(2018, 7),
        }
    }
}

impl Order {
    fn made(number: usize, customers: &[Customer], dice: &mut Dice) -> Self {
        let items: Vec<_> = (0..=dice.below(3)).map(|_| Item::made(dice)).collect();
        Self {
            id: format!("O-{number:05}"),
            customer_id: dice.pick(customers).id.clone(),
            date: dice.date(2025, 2),
            status: *dice.pick(&STATUSES),
            total_cents: items.iter().map(|item| item.quantity * item.price_cents).sum(),
            items,
        }
    }
}

impl Item {
    fn made(dice: &mut Dice) -> Self {
        let (article, price) = *dice.pick(&ARTICLES);
        // Prices differ by a discount of up to a tenth, so that hardly two orders have the same total.
        Self { article, quantity: 1 + dice.below(12), price_cents: price - dice.below(price / 10) }
    }
}

impl Invoice {
    fn made(number: usize, order: &Order, dice: &mut Dice) -> Self {
        Self {
            id: format!("I-{number:05}"),
            order_id: order.id.clone(),
            customer_id: order.customer_id.clone(),
            issued: order.date.clone(),
            amount_cents: order.total_cents,
            paid: dice.below(5) > 0,
        }
    }
}

impl Document {
    fn made(number: usize, customers: &[Customer], orders: &[Order], dice: &mut Dice) -> Self {
        let order = dice.pick(orders);
        let writer = customers.iter().find(|customer| customer.id == order.customer_id);
        let (name, email) = writer.map_or(("", ""), |customer| (&customer.name, &customer.email));
        let kind = *dice.pick(&KINDS);
        let goods: Vec<_> =
            order.items.iter().map(|item| format!("{} {}", item.quantity, item.article)).collect();
        let goods = goods.join(", ");
        let text = match kind {
            "complaint" => format!(
                "From: {name} <{email}>\nConcerning order {}.\n\nOf what I ordered on {} ({goods}), {} arrived damaged. \
                 I ask for a refund of the part that cannot be used, and for an answer within two weeks.\n\n{name}\n",
                order.id,
                order.date,
                dice.pick(&["one piece", "two pieces", "everything"]),
            ),
            "contract" => format!(
                "Between the shop and {name} ({email}).\n\nThe shop delivers {goods} as ordered under {}. Payment is \
                 due within {} days. The goods remain the shop's until they are paid.\n",
                order.id,
                14 + 16 * dice.below(2),
            ),
            _ => format!(
                "{name} called about order {} of {}. Wants to know when {goods} will arrive. Call back under {email}.\n",
                order.id, order.date,
            ),
        };
        let title = format!("{kind} of {name}, {}", order.id);
        let (customer_id, order_id) = (order.customer_id.clone(), order.id.clone());
        Self { id: format!("D-{number:03}"), kind, title, customer_id, order_id, text }
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.roll() % from.len() as u64) as usize]
    }

    fn date(&mut self, first_year: u64, years: u64) -> String {
        let year = first_year + self.below(years);
        format!("{year}-{:02}-{:02}", 1 + self.below(12), 1 + self.below(28))
    }
}

#[cfg(test)]
mod tests {
    use super::Books;

    #[test]
    fn the_books_are_always_the_same_and_the_largest_orders_are_three() {
        let (books, again) = (Books::open(), Books::open());
        let mut totals: Vec<_> = books.orders.iter().map(|order| order.total_cents).collect();
        assert_eq!(totals, again.orders.iter().map(|order| order.total_cents).collect::<Vec<_>>());
        totals.sort_unstable_by(|a, b| b.cmp(a));
        totals.truncate(4);
        totals.dedup();
        assert_eq!(totals.len(), 4, "the three largest are not a matter of opinion");
    }
}
