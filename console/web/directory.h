/* What the tables of accounts, keys, domains and templates have in common. */
#ifndef RINGPOST_WEB_DIRECTORY_H
#define RINGPOST_WEB_DIRECTORY_H

#include "web/tables.h"

/* Who gives giver to others gives what its API key has (admin/giver.h). */
bool web_ask_giver(struct http_exchange *exchange, struct value *request);

#endif
