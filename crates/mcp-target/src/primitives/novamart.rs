//! NovaMart, a small shop: the same rows in every process.

use rusqlite::{Connection, params};

use crate::primitives::entities::SCHEMA;

/// Metrics: id, label, query.
pub(crate) const METRICS: [(&str, &str, &str); 3] = [
    (
        "total_gmv",
        "Gross merchandise value",
        "SELECT round(sum(total), 2) AS total_gmv FROM orders WHERE status <> 'cancelled'",
    ),
    (
        "aov",
        "Average order value",
        "SELECT round(avg(total), 2) AS aov FROM orders WHERE status <> 'cancelled'",
    ),
    (
        "revenue_by_category",
        "Revenue by category",
        "SELECT c.name AS category, round(sum(i.quantity * i.unit_price), 2) AS revenue \
         FROM order_items i JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id \
         JOIN orders o ON o.id = i.order_id WHERE o.status <> 'cancelled' GROUP BY c.id ORDER BY revenue DESC",
    ),
];

const CATEGORIES: [&str; 8] =
    ["Kitchen", "Garden", "Books", "Toys", "Lighting", "Textiles", "Stationery", "Outdoor"];
const MATERIALS: [&str; 10] =
    ["Oak", "Linen", "Copper", "Wool", "Glass", "Birch", "Slate", "Cork", "Enamel", "Canvas"];
const THINGS: [&str; 10] = [
    "Bowl", "Lamp", "Basket", "Notebook", "Blanket", "Kettle", "Planter", "Puzzle", "Tray",
    "Lantern",
];
const FIRST: [&str; 12] = [
    "Ada", "Ben", "Chloe", "Dara", "Emil", "Freya", "Goran", "Hana", "Ivo", "Jana", "Kofi", "Lena",
];
const LAST: [&str; 10] =
    ["Abel", "Berg", "Costa", "Diaz", "Eriksen", "Fontaine", "Greco", "Holm", "Ito", "Jansen"];
const COUNTRIES: [&str; 6] = ["DE", "FR", "US", "JP", "BR", "SE"];
const STATUSES: [&str; 5] = ["delivered", "delivered", "shipped", "pending", "cancelled"];

const PRODUCTS: u32 = 100;
const CUSTOMERS: u32 = 300;
const ORDERS: u32 = 2000;

/// Creates the tables and their rows.
pub(crate) fn load(connection: &mut Connection) -> rusqlite::Result<()> {
    let mut random = Random(42);
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    {
        let mut insert = transaction.prepare("INSERT INTO categories VALUES (?, ?)")?;
        for (id, name) in (1..).zip(CATEGORIES) {
            insert.execute(params![id, name])?;
        }
        let mut insert = transaction.prepare("INSERT INTO products VALUES (?, ?, ?, ?, ?)")?;
        let mut prices = Vec::new();
        for id in 1..=PRODUCTS {
            let name =
                format!("{} {}", MATERIALS[(id as usize - 1) / 10], THINGS[(id as usize - 1) % 10]);
            let cents = 499 + random.below(20_000);
            prices.push(cents);
            let category = 1 + random.below(CATEGORIES.len() as u32);
            insert.execute(params![id, name, category, money(cents), random.below(500)])?;
        }
        let mut insert = transaction.prepare(
            "INSERT INTO customers VALUES (?, ?, ?, ?, date('2024-01-01', ? || ' days'))",
        )?;
        for id in 1..=CUSTOMERS {
            let name = format!("{} {}", random.pick(&FIRST), random.pick(&LAST));
            let email = format!("customer{id}@novamart.example");
            insert.execute(params![id, name, email, random.pick(&COUNTRIES), random.below(365)])?;
        }
        let mut insert = transaction
            .prepare("INSERT INTO orders VALUES (?, ?, ?, ?, date('2025-01-01', ? || ' days'))")?;
        let mut insert_item = transaction.prepare(
            "INSERT INTO order_items (order_id, product_id, quantity, unit_price) VALUES (?, ?, ?, ?)",
        )?;
        for id in 1..=ORDERS {
            let items: Vec<_> = (0..1 + random.below(4))
                .map(|_| (random.below(PRODUCTS), 1 + random.below(3)))
                .map(|(product, quantity)| (product, quantity, prices[product as usize]))
                .collect();
            let total = items.iter().map(|(_, quantity, price)| quantity * price).sum();
            let customer = 1 + random.below(CUSTOMERS);
            insert.execute(params![
                id,
                customer,
                random.pick(&STATUSES),
                money(total),
                random.below(365)
            ])?;
            for (product, quantity, price) in items {
                insert_item.execute(params![id, product + 1, quantity, money(price)])?;
            }
        }
    }
    transaction.commit()
}

fn money(cents: u32) -> f64 {
    f64::from(cents) / 100.0
}

/// SplitMix64: the same numbers everywhere, for ever.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((it ^ (it >> 31)) % u64::from(bound)) as u32
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u32) as usize]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::primitives::entities::{ENTITIES, describe};

    #[test]
    fn the_rows_are_the_same_every_time() {
        let digest = || {
            let mut connection = Connection::open_in_memory().unwrap();
            load(&mut connection).unwrap();
            let sql = "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM orders), count(*), sum(quantity) \
                       FROM order_items";
            connection
                .query_row(sql, [], |it| Ok((it.get(0)?, it.get(1)?, it.get(2)?, it.get(3)?)))
                .unwrap()
        };
        let first: (i64, i64, i64, i64) = digest();
        assert_eq!(first, digest());
        assert_eq!((first.0, first.1), (300, 2000));
    }

    #[test]
    fn the_total_of_an_order_is_the_sum_of_its_items() {
        let mut connection = Connection::open_in_memory().unwrap();
        load(&mut connection).unwrap();
        let sql = "SELECT count(*) FROM orders o WHERE abs(total - \
                   (SELECT sum(quantity * unit_price) FROM order_items WHERE order_id = o.id)) > 0.001";
        let wrong: i64 = connection.query_row(sql, [], |it| it.get(0)).unwrap();
        assert_eq!(wrong, 0);
    }

    #[test]
    fn every_entity_describes_its_columns() {
        for (name, _) in ENTITIES {
            let described = describe(name).unwrap();
            assert_eq!(described["columns"][0], json!({"name": "id", "type": "INTEGER"}));
            let count = described["columns"].as_array().unwrap().len();
            let mut connection = Connection::open_in_memory().unwrap();
            load(&mut connection).unwrap();
            let statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
            assert_eq!(count, statement.column_count());
        }
        assert_eq!(describe("nowhere"), None);
    }
}
