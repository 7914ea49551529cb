import { grammar } from 'ohm-js';

/**
 * The language of expressions, from what binds least to what binds most. Repetition instead of recursion wherever a chain
 * may be long: parsing goes as deep as brackets do, not as an expression is long.
 */
export const GRAMMAR = grammar(String.raw`
  Expression {
    Whole = Or
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
    Suffix = "[" Or "]"  -- previous
           | "." name    -- output
    Primary = "(" Or ")"  -- group
            | number
            | text
            | Call
            | name
    Call = name "(" ListOf<Or, ","> ")"

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
