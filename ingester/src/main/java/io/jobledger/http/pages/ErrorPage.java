package io.jobledger.http.pages;

import java.util.List;

/**
 * A refusal, with all that a problem document says.
 *
 * @param title what kind of problem it is
 * @param detail what is wrong with this request
 * @param hint what to do; null where the detail says it
 * @param errors each fault of a form's field or of the address; may be empty
 */
public record ErrorPage(int status, String title, String detail, String hint, List<Fault> errors) {
    public ErrorPage {
        errors = List.copyOf(errors);
    }

    /** What is wrong with one field. */
    public record Fault(String field, String detail) {}
}
