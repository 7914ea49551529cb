// Generated from the migrations by "npm run generate": do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      audit_log: {
        Row: {
          action: string;
          actor: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details: Json | null;
          hash: string;
          ip: unknown;
          request_id: string | null;
          resource_id: string | null;
          resource_type: string;
          seq: number;
          user_agent: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details?: Json | null;
          hash: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type: string;
          seq: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Update: {
          action?: string;
          actor?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain?: string;
          content_hash?: string;
          created_at?: string;
          details?: Json | null;
          hash?: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type?: string;
          seq?: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      backtest_results: {
        Row: {
          backtest_id: string;
          created_at: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          created_at?: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          created_at?: string;
          equity?: number[];
          equity_at?: string[];
          stored_trades?: number;
          summary?: NonNullable<Json>;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_results_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: true;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtest_trades: {
        Row: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          entry_at?: string;
          entry_bar?: number;
          entry_price?: number;
          exit_at?: string;
          exit_bar?: number;
          exit_price?: number;
          fee?: number;
          pnl?: number;
          quantity?: number;
          return_pct?: number;
          seq?: number;
          side?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_trades_backtest_id_fkey';
            columns: ['backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['id'];
          },
        ];
      };
      backtests: {
        Row: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id?: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          started_at?: string | null;
          status?: string;
          strategy?: NonNullable<Json>;
          symbol?: string;
          timeframe?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtests_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      candle_coverage: {
        Row: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at?: string;
          version?: number;
        };
        Update: {
          candle_count?: number;
          first_at?: string;
          instrument_id?: number;
          last_at?: string;
          timeframe?: string;
          updated_at?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_coverage_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      candles: {
        Row: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        ComputedFields: never;
        Insert: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        Update: {
          close?: number;
          high?: number;
          instrument_id?: number;
          low?: number;
          open?: number;
          timeframe?: string;
          ts?: string;
          volume?: number;
        };
        Relationships: [];
      };
      credential_access_log: {
        Row: {
          bot_id: string | null;
          credential_id: string | null;
          credential_name: string;
          id: number;
          job_id: string | null;
          opened_at: string;
          opened_by: string;
          order_id: string | null;
          purpose: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id?: string | null;
          credential_id?: string | null;
          credential_name: string;
          id?: never;
          job_id?: string | null;
          opened_at?: string;
          opened_by: string;
          order_id?: string | null;
          purpose: string;
          user_id: string;
        };
        Update: {
          bot_id?: string | null;
          credential_id?: string | null;
          credential_name?: string;
          id?: never;
          job_id?: string | null;
          opened_at?: string;
          opened_by?: string;
          order_id?: string | null;
          purpose?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'credential_access_log_credential_id_fkey';
            columns: ['credential_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'exchange_credentials';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      events: {
        Row: {
          created_at: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          event?: string;
          payload?: NonNullable<Json>;
          seq?: number;
          topic?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      exchange_credentials: {
        Row: {
          ciphertext: string;
          created_at: string;
          encryption_key_id: string;
          exchange: string;
          has_passphrase: boolean;
          id: string;
          is_sandbox: boolean;
          key_hint: string;
          last_tested_at: string | null;
          last_used_at: string | null;
          name: string;
          status: string;
          test_error: string | null;
          test_status: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          ciphertext: string;
          created_at?: string;
          encryption_key_id: string;
          exchange: string;
          has_passphrase: boolean;
          id?: string;
          is_sandbox?: boolean;
          key_hint: string;
          last_tested_at?: string | null;
          last_used_at?: string | null;
          name: string;
          status?: string;
          test_error?: string | null;
          test_status?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          ciphertext?: string;
          created_at?: string;
          encryption_key_id?: string;
          exchange?: string;
          has_passphrase?: boolean;
          id?: string;
          is_sandbox?: boolean;
          key_hint?: string;
          last_tested_at?: string | null;
          last_used_at?: string | null;
          name?: string;
          status?: string;
          test_error?: string | null;
          test_status?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      instruments: {
        Row: {
          created_at: string;
          id: number;
          name: string | null;
          symbol: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol: string;
        };
        Update: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol?: string;
        };
        Relationships: [];
      };
      system_config: {
        Row: {
          created_at: string;
          description: string;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          key: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value: NonNullable<Json>;
        };
        Update: {
          created_at?: string;
          description?: string;
          key?: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value?: NonNullable<Json>;
        };
        Relationships: [];
      };
      user_roles: {
        Row: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      cancel_backtest: {
        Args: { p_backtest_id: string };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_backtest: {
        Args: {
          p_fee_bps?: number;
          p_initial_cash?: number;
          p_range_end?: string;
          p_range_start?: string;
          p_strategy: Json;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          created_at: string;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_credential: { Args: { '': Json }; Returns: string };
      request_credential_test: { Args: { p_credential_id: string }; Returns: undefined };
      update_credential: {
        Args: { p_credential_id: string; p_enabled?: boolean; p_name?: string };
        Returns: undefined;
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
