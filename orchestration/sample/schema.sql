-- The sample shop: a European house that sells things for the home and journeys, described as a team would upload it.
-- Its names differ from those of the Sakila example, so that both fit on one site.
CREATE TABLE boutique (
  boutique_id integer PRIMARY KEY,
  name        varchar(80) NOT NULL,
  city        varchar(80) NOT NULL,
  country     varchar(60) NOT NULL,
  phone       varchar(40),
  opened_on   date NOT NULL
);
CREATE TABLE client (
  client_id     integer PRIMARY KEY,
  first_name    varchar(120),
  last_name     varchar(160),
  email         varchar(254),
  phone         varchar(40),
  language      varchar(2),
  birth_date    date,
  loyalty_tier  enum('none', 'silver', 'gold', 'platinum') NOT NULL,
  boutique_id   integer REFERENCES boutique (boutique_id),
  accepts_email boolean,
  accepts_sms   boolean,
  created_at    timestamp NOT NULL
);
CREATE TABLE client_address (
  address_id integer PRIMARY KEY,
  client_id  integer NOT NULL REFERENCES client (client_id),
  kind       enum('home', 'work') NOT NULL,
  street     varchar(160) NOT NULL,
  postcode   varchar(16),
  city       varchar(80) NOT NULL,
  country    varchar(60) NOT NULL
);
CREATE TABLE product (
  product_id integer PRIMARY KEY,
  name       varchar(120) NOT NULL,
  name_fr    varchar(120) NOT NULL,
  category   varchar(40) NOT NULL,
  price      numeric(10, 2) NOT NULL,
  active     boolean NOT NULL
);
CREATE TABLE "order" (
  order_id    integer PRIMARY KEY,
  client_id   integer NOT NULL REFERENCES client (client_id),
  boutique_id integer REFERENCES boutique (boutique_id),
  placed_at   timestamp NOT NULL,
  status      enum('paid', 'shipped', 'delivered', 'returned', 'cancelled') NOT NULL,
  total       numeric(12, 2) NOT NULL
);
CREATE TABLE order_line (
  order_id   integer NOT NULL REFERENCES "order" (order_id),
  line       integer NOT NULL,
  product_id integer NOT NULL REFERENCES product (product_id),
  quantity   integer NOT NULL,
  price      numeric(10, 2) NOT NULL,
  PRIMARY KEY (order_id, line)
);
CREATE TABLE booking (
  booking_id     integer PRIMARY KEY,
  client_id      integer NOT NULL REFERENCES client (client_id),
  destination    varchar(80) NOT NULL,
  destination_fr varchar(80) NOT NULL,
  country        varchar(60) NOT NULL,
  starts_on      date NOT NULL,
  ends_on        date NOT NULL,
  travellers     integer NOT NULL,
  status         enum('option', 'confirmed', 'cancelled', 'completed') NOT NULL,
  price          numeric(10, 2) NOT NULL,
  booked_at      timestamp NOT NULL
);
CREATE TABLE subscription (
  subscription_id integer PRIMARY KEY,
  client_id       integer NOT NULL REFERENCES client (client_id),
  service         enum('newsletter', 'travel_offers', 'product_news', 'birthday') NOT NULL,
  consent         boolean NOT NULL,
  since           date NOT NULL,
  source          enum('web', 'store', 'phone', 'paper') NOT NULL
);
