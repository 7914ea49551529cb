import { grammar } from 'ohm-js';

/**
 * The language of expressions, from what binds least to what binds most: of a piece of one that has no brackets but with
 * their content left out: `f(a, (b))` is read as `f()`, `a, ()` and `b`. No rule is within itself then, and parsing needs no
 * more stack for what is long or nested.
 */
export const GRAMMAR = grammar(String.raw`
  Expression {
    Pieces = ListOf<Or, ",">
    Or = And (or And)*
    And = Not (and Not)*
    Not = not* Comparison
    Comparison = Sum comparator Sum  -- compared
               | Sum
    Sum = Product (addition Product)*
    Product = Signed (multiplication Signed)*
    Signed = sign* Power
    Power = Postfix ("^" Exponent)*
    Exponent = sign* Postfix
    Postfix = Primary Suffix*
    Suffix = "[" "]"   -- previous
           | "." name  -- output
    Primary = "(" ")"  -- group
            | number
            | text
            | Call
            | name
    Call = name "(" ")"

    or = "or" ~nameRest
    and = "and" ~nameRest
    not = "not" ~nameRest
    comparator = "<=" | ">=" | "==" | "!=" | "<" | ">"
    addition = "+" | "-"
    multiplication = "*" | "/" | "%"
    sign = "+" | "-"
    name = ~keyword nameStart nameRest*
    nameStart = "a".."z" | "A".."Z" | "_"
    nameRest = nameStart | digit
    keyword = or | and | not
    number = mantissa exponent? ~nameRest
    mantissa = digit+ "." digit*  -- pointed
             | "." digit+         -- fraction
             | digit+             -- whole
    exponent = ("e" | "E") ("+" | "-")? digit+
    text = "'" (~"'" any)* "'"    -- single
         | "\"" (~"\"" any)* "\""  -- double
  }
`);
