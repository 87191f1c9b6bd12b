//! The tables of NovaMart, a small shop, and their columns.

use serde_json::{Value, json};

/// Tables by name, with what a row is.
pub(crate) const ENTITIES: [(&str, &str); 5] = [
    ("customers", "People who bought something"),
    ("orders", "Purchases, one row an order"),
    ("order_items", "What was bought in each order"),
    ("products", "What is for sale"),
    ("categories", "Groups of products"),
];

pub(crate) const SCHEMA: &str = "
    CREATE TABLE categories (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category_id INTEGER NOT NULL REFERENCES categories,
        price REAL NOT NULL, stock INTEGER NOT NULL);
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, country TEXT NOT NULL,
        created_at TEXT NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, status TEXT NOT NULL,
        total REAL NOT NULL, created_at TEXT NOT NULL);
    CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders,
        product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, unit_price REAL NOT NULL);
    CREATE INDEX orders_by_customer ON orders (customer_id);
    CREATE INDEX orders_by_status ON orders (status);
    CREATE INDEX order_items_by_order ON order_items (order_id);
    CREATE INDEX order_items_by_product ON order_items (product_id, quantity);
";

/// The tables as JSON.
pub(crate) fn list() -> Vec<Value> {
    let entities = ENTITIES.iter();
    entities.map(|(name, description)| json!({"name": name, "description": description})).collect()
}

/// What `describeEntity` says about one table; `None` if there is no such table.
pub(crate) fn describe(name: &str) -> Option<Value> {
    let (_, description) = ENTITIES.iter().find(|(it, _)| *it == name)?;
    let start = SCHEMA.find(&format!("CREATE TABLE {name} ("))?;
    let columns = SCHEMA[start..].split_once('(')?.1.split_once(");")?.0;
    let columns: Vec<_> = columns
        .split(',')
        .filter_map(|it| {
            let mut words = it.split_whitespace();
            Some(json!({"name": words.next()?, "type": words.next()?}))
        })
        .collect();
    Some(json!({"name": name, "description": description, "columns": columns}))
}
