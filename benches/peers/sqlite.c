/* SQLite by its C API, one prepared statement, the file mapped. Arguments: database, file of NIKs, statement.
   The library's few calls are declared here, so that its headers need not be installed. */
#include "look_up.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
int sqlite3_open_v2(const char *, sqlite3 **, int, const char *);
int sqlite3_exec(sqlite3 *, const char *, void *, void *, char **);
int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
int sqlite3_bind_int64(sqlite3_stmt *, int, long long);
int sqlite3_step(sqlite3_stmt *);
int sqlite3_reset(sqlite3_stmt *);
const unsigned char *sqlite3_column_text(sqlite3_stmt *, int);
enum { READ_ONLY = 1, ROW = 100, DONE = 101, COLUMNS = 10 };

static sqlite3_stmt *statement;
static volatile const unsigned char *seen;

static int look_up(uint64_t nik) {
    sqlite3_bind_int64(statement, 1, (long long)nik);
    int step = sqlite3_step(statement);
    if (step == ROW)
        for (int column = 0; column < COLUMNS; column++) seen = sqlite3_column_text(statement, column);
    else if (step != DONE)
        fail("SQLite failed");
    sqlite3_reset(statement);
    return step == ROW;
}

int main(int count, char **arguments) {
    sqlite3 *database;
    if (count != 4) fail("database, file of NIKs, statement");
    if (sqlite3_open_v2(arguments[1], &database, READ_ONLY, NULL) != 0) fail("cannot open the database");
    if (sqlite3_exec(database, "PRAGMA mmap_size = 17179869184; PRAGMA cache_size = -65536", NULL, NULL, NULL) != 0) fail("pragma");
    if (sqlite3_prepare_v2(database, arguments[3], -1, &statement, NULL) != 0) fail("cannot prepare");
    /* One open transaction, as a reader that minds its speed holds it: no lock is taken for each look-up. */
    if (sqlite3_exec(database, "BEGIN", NULL, NULL, NULL) != 0) fail("begin");
    measure(arguments[2], look_up);
    return 0;
}
