// Joins every order of the demo shop with its customer and returns the three largest.
import { listCustomers, listOrders } from "/servers/shop";

const [{ orders }, { customers }] = await Promise.all([
  listOrders({ all: true }),
  listCustomers({ all: true }),
]);
const customerOf = new Map(customers.map((customer) => [customer.id, customer]));

interface Large {
  order: string;
  customer: string;
  city: string;
  totalCents: number;
}

const joined: Large[] = orders.map((order) => {
  const customer = customerOf.get(order.customerId);
  return {
    order: order.id,
    customer: customer?.name ?? "unknown",
    city: customer?.city ?? "unknown",
    totalCents: order.totalCents,
  };
});
console.log(`${joined.length} orders of ${customers.length} customers`);

return joined
  .sort((a, b) => b.totalCents - a.totalCents || a.order.localeCompare(b.order))
  .slice(0, 3);
